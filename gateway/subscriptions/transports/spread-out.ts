import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds between two steps. */
const stepMs = 10;

/** Does something with each of many, evenly over so many milliseconds, so that what comes of it does not come at once. */
export async function spreadOut<T>(items: readonly T[], overMs: number, act: (item: T) => void): Promise<void> {
  const begun = performance.now();
  for (let done = 0; done < items.length;) {
    const share = Math.min(1, (performance.now() - begun + stepMs) / Math.max(overMs, stepMs));
    for (const due = Math.ceil(items.length * share); done < due; done += 1) act(items[done]!);
    if (done < items.length) await wait(stepMs);
  }
}
