import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** What to run, and how to ask it to stop. */
export type Command = {
  file: string;
  args: string[];
  cwd: string;
  environment: NodeJS.ProcessEnv;
  /** Another user to run as (PostgreSQL refuses to be run by root). */
  user?: { uid: number; gid: number };
  /**
   * Opens an IPC channel, whose end tells the child that its parent is gone, however that died. Node processes here
   * stop on `disconnect`.
   */
  channel?: boolean;
  stopSignal?: NodeJS.Signals;
};

/** How a process ended, as a person would say it. */
export type Ending = { code: number | null; signal: NodeJS.Signals | null; error?: Error };

/**
 * Starts a command with its output piped, in a process group of its own: a terminal's Ctrl-C reaches the whole
 * foreground group, and the children are to be stopped in order by us instead.
 */
export function startCommand(command: Command): ChildProcess {
  return spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(command.channel ? (['ipc'] as const) : [])],
    windowsHide: true,
    ...command.user,
  });
}

/** Whether the process is gone, or was never there. */
export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Resolves once the process has ended, or could not be started; never rejects. */
export function ending(child: ChildProcess): Promise<Ending> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  }
  return new Promise((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }));
    child.once('error', (error) => {
      // Also emitted for a signal that could not be sent: then the process lives on.
      if (child.pid === undefined) settle({ code: null, signal: null, error });
    });
  });
}

/** Asks the process to stop and kills it when it has not within `graceMs`. */
export async function stopCommand(child: ChildProcess, command: Command, graceMs = 10_000): Promise<void> {
  const ended = ending(child);
  if (hasEnded(child)) return;
  child.kill(command.stopSignal ?? 'SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}

/** Such as "code 1", "signal SIGKILL". */
export function describeEnding({ code, signal, error }: Ending): string {
  if (error) return error.message;
  return signal === null ? `code ${code}` : `signal ${signal}`;
}
