import { inTime } from './waiting.ts';

/** Reads whether something that a process depends on is usable; throws when it is not. */
export type ReadinessCheck = () => Promise<void>;
export type Readiness = { ready: boolean; checks: Record<string, 'ok' | string> };

/**
 * Runs all checks at once, each for at most `timeoutMs` milliseconds.
 * @returns the name of every check with `ok` or what is wrong with it
 */
export async function readiness(checks: Record<string, ReadinessCheck>, timeoutMs = 2_000): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcome(check, timeoutMs)] as const),
  );
  return { ready: results.every(([, result]) => result === 'ok'), checks: Object.fromEntries(results) };
}

async function outcome(check: ReadinessCheck, timeoutMs: number): Promise<string> {
  const done = check().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return (await inTime(done, timeoutMs)) ?? `no answer within ${timeoutMs} ms`;
}
