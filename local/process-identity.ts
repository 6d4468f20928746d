import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** A process that may be gone by now: `mark` is part of its command line, because ids are used again. */
export type ProcessIdentity = { pid: number; mark: string };

/** This process, by the command line that others see of it. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, mark: commandLine(process.pid) ?? '' };
}

/** Whether that process is still running. */
export function isRunning({ pid, mark }: ProcessIdentity): boolean {
  return commandLine(pid)?.includes(mark) ?? false;
}

/** Asks a process that is not our child to stop, kills it after `graceMs`, and resolves when it is gone. */
export async function stopStranger(
  stranger: ProcessIdentity,
  signal: NodeJS.Signals = 'SIGTERM',
  graceMs = 10_000,
): Promise<void> {
  const killAt = Date.now() + graceMs;
  for (let next: NodeJS.Signals | undefined = signal; isRunning(stranger); await wait(50)) {
    if (next) send(stranger.pid, next);
    next = Date.now() >= killAt ? 'SIGKILL' : undefined;
  }
}

function commandLine(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone between the look and the signal.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
