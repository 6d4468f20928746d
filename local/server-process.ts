import { describeEnding, ending, startCommand, stopCommand } from './command.ts';
import { onOutputLine } from './output-lines.ts';
import type { Command } from './command.ts';

/** A server that runs until stopped; without supervision, for scripts that need one for their own duration. */
export type ServerProcess = { pid: number; stop(): Promise<void> };

/**
 * Starts a server and resolves once it has written a line that matches `ready`.
 *
 * @throws Error with its last lines when it ends before that
 */
export async function startServer(command: Command, name: string, ready: RegExp): Promise<ServerProcess> {
  const child = startCommand(command);
  const said: string[] = [];
  const isReady = new Promise<void>((settle) => {
    onOutputLine(child, (line) => {
      said.push(line);
      if (said.length > 5) said.shift();
      if (ready.test(line)) settle();
    });
  });
  const failed = ending(child).then((end) => {
    throw new Error(`${name} did not start (${describeEnding(end)}): ${said.join(' ')}`);
  });
  // Once it is ready nobody waits for this one, and every server ends some day.
  failed.catch(() => undefined);
  await Promise.race([isReady, failed]);
  return { pid: child.pid ?? 0, stop: () => stopCommand(child, command) };
}
