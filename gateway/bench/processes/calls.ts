import type { ChildProcess } from 'node:child_process';

type Call = { call: number; name: string; argument: unknown };
type Answer = { call: number; value?: unknown; problem?: string };
type Answers = Record<string, (argument: never) => unknown>;

/** Answers what the process that started this one asks by name; names that are not known here are left to others. */
export function answerCalls(answers: Answers): void {
  process.on('message', async ({ call, name, argument }: Call) => {
    if (!Object.hasOwn(answers, name)) return;
    const answer: Answer = { call };
    try {
      answer.value = await answers[name]!(argument as never);
    } catch (error) {
      answer.problem = error instanceof Error ? error.message : String(error);
    }
    process.send?.(answer);
  });
}

/** Says as a service does that it is ready, and ends when it is told to or the process that started it is gone. */
export function sayReady(port: number | Record<string, number> = 0): void {
  process.on('disconnect', () => process.exit());
  process.on('SIGTERM', () => process.exit());
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port })}\n`);
}

/** Asks a process that answers calls. The promise rejects with the problem that it had, or when it has ended. */
export function createCaller(child: ChildProcess, name: string) {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  child.on('message', ({ call, value, problem }: Answer) => {
    const asked = open.get(call);
    open.delete(call);
    if (problem === undefined) asked?.resolve(value);
    else asked?.reject(new Error(`${name}: ${problem}`));
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of open.values()) reject(new Error(`${name} has ended (${signal ?? code})`));
    open.clear();
  });
  return async function ask<T>(what: string, argument?: unknown): Promise<T> {
    const answer = Promise.withResolvers<unknown>();
    calls += 1;
    open.set(calls, answer);
    const call: Call = { call: calls, name: what, argument };
    child.send(call, (error) => error && answer.reject(new Error(`${name} cannot be asked: ${error.message}`)));
    return (await answer.promise) as T;
  };
}
