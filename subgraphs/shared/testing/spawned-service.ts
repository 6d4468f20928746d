import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type SpawnedService = {
  port: number;
  /** Ends it, with -9 unless another signal is given; resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Holds it where it is, and lets it go on. */
  pause(): void;
  resume(): void;
};

/**
 * Runs a service's main.ts as a process of its own, as in production, for tests that kill it. It goes when the test run
 * goes, however that ends.
 * @returns when it is ready
 * @throws Error with what it has logged when it ends before
 */
export function spawnService(service: string, environment: Record<string, string>): Promise<SpawnedService> {
  return spawnProcess(`subgraphs/${service}/main.ts`, environment);
}

/** The same for any process of the system, by its file. */
export async function spawnProcess(main: string, environment: Record<string, string>): Promise<SpawnedService> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...environment, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    lines.push(line);
    const { msg, port } = JSON.parse(line) as { msg: string; port: number };
    if (msg !== 'ready') continue;
    // Nobody reads further what it says, but it has to be able to say it.
    child.stdout!.resume();
    return {
      port,
      async kill(signal = 'SIGKILL') {
        child.kill(signal);
        await exited;
      },
      pause: () => void child.kill('SIGSTOP'),
      resume: () => void child.kill('SIGCONT'),
    };
  }
  throw new Error(`${main} did not become ready:\n${lines.join('\n')}`);
}
