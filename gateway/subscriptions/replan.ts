import { setImmediate } from 'node:timers/promises';

/** Milliseconds for which it may hold up everything else. */
const turnMs = 10;

/**
 * Plans everything that runs with another generation of the schema, before that is gone over to: it takes some 3 ms an
 * operation, and events are to be delivered meanwhile.
 * @param isWanted whether no newer generation has come
 * @returns what was planned for each, also for what begins later; `undefined` when it is not wanted any more
 */
export async function replan<Running extends object, Planned>(
  running: Iterable<Running>,
  plan: (running: Running) => Planned,
  isWanted: () => boolean,
): Promise<((running: Running) => Planned) | undefined> {
  const planned = new Map<Running, Planned>();
  let turnBegan = performance.now();
  for (const each of new Set(running)) {
    if (performance.now() - turnBegan > turnMs) {
      await setImmediate();
      if (!isWanted()) return undefined;
      turnBegan = performance.now();
    }
    planned.set(each, plan(each));
  }
  return (each) => (planned.has(each) ? (planned.get(each) as Planned) : plan(each));
}
