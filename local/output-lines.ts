import { createInterface } from 'node:readline';
import type { ChildProcess } from 'node:child_process';

/** Calls `onLine` for every line that the child writes, with the stream it came on. */
export function onOutputLine(child: ChildProcess, onLine: (line: string, stream: 'stdout' | 'stderr') => void): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream];
    if (!input) continue;
    createInterface({ input, crlfDelay: Infinity }).on('line', (line) => onLine(line, stream));
  }
}
