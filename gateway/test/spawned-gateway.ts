import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually } from '#shared/testing/eventually.ts';

type LogLine = { msg: string; name: string; pid?: number; port?: number };

export type SpawnedGateway = {
  /** Its log, as far as it has come. */
  lines: LogLine[];
  /** Resolves with the first line that says so, and the next ones after as many as are given. */
  said(msg: string, after?: number): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  /** How it ended. */
  exited: Promise<number | null>;
};

/** Runs the gateway's main.ts as a process of its own, as in production. It goes when the test run goes. */
export function spawnGateway(environment: Record<string, string>): SpawnedGateway {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'gateway/main.ts'], {
    env: { NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const lines: LogLine[] = [];
  createInterface(child.stdout!).on('line', (line) => lines.push(JSON.parse(line) as LogLine));
  return {
    lines,
    async said(msg, after = 0) {
      let found: LogLine | undefined;
      await eventually(() => {
        found = lines.filter((line) => line.msg === msg)[after];
        if (!found) throw new Error(`"${msg}" was not said:\n${lines.map((line) => JSON.stringify(line)).join('\n')}`);
      }, 15_000);
      return found!;
    },
    kill: (signal) => void child.kill(signal),
    exited: once(child, 'exit').then(([code]) => code as number | null),
  };
}
