import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A process's log file, begun anew with every start of the system. */
export type ProcessLog = { path: string; write(line: string): void; close(): Promise<void> };

/** Opens `<directory>/<name>.log`. */
export function openProcessLog(directory: string, name: string): ProcessLog {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.log`);
  const stream = createWriteStream(path);
  // A full disk must not stop the system that the log is about.
  stream.on('error', () => undefined);
  return {
    path,
    write: (line) => void stream.write(`${line}\n`),
    close: () => new Promise((done) => stream.end(() => done())),
  };
}
