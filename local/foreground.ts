import { spawn } from 'node:child_process';
import { ending, hasEnded } from './command.ts';
import type { Cleanup } from './script.ts';

/**
 * Runs another script with this Node on our own terminal and resolves with its exit code. It is stopped with us.
 *
 * @throws Error when it cannot be started
 */
export async function runInForeground(options: {
  args: string[];
  cwd: string;
  environment: NodeJS.ProcessEnv;
  onEnd: (cleanup: Cleanup) => void;
}): Promise<number> {
  const { args, cwd, environment: env } = options;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd,
    env,
    stdio: 'inherit',
  });
  const ended = ending(child);
  options.onEnd(async () => {
    if (hasEnded(child)) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  });
  const { code, error } = await ended;
  if (error) throw error;
  return code ?? 1;
}
