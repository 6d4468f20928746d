/** Something that becomes ready. */
export type Starting = { name: string; ready: Promise<void> };

/**
 * Resolves when all are ready. Names those still missing every `remindMs`.
 *
 * @throws the first one's error when it fails, or an Error naming those that are not ready after `withinMs`
 */
export async function allReady(
  starting: readonly Starting[],
  options: { withinMs: number; remindMs: number; print: (line: string) => void },
): Promise<void> {
  const missing = new Set(starting.map(({ name }) => name));
  const reminder = setInterval(
    () => options.print(`  still waiting for ${[...missing].join(', ')} to answer /health/ready with 200`),
    options.remindMs,
  );
  const late = Promise.withResolvers<never>();
  const deadline = setTimeout(() => {
    const names = [...missing].join(', ');
    late.reject(new Error(`Not ready after ${options.withinMs / 1000} s: ${names}. See their logs.`));
  }, options.withinMs);
  try {
    const all = starting.map(({ name, ready }) => ready.then(() => missing.delete(name)));
    await Promise.race([Promise.all(all), late.promise]);
  } finally {
    clearInterval(reminder);
    clearTimeout(deadline);
  }
}
