import { LRUCache } from 'lru-cache';

/**
 * What need not be looked for, because what came the last time could not be kept: then neither Redis is asked, nor waits
 * one request for another. Called "hit for pass" where caches have it.
 */
export type Passes = { has(key: string): boolean; add(key: string): void };

const passMs = 5_000;
const known = 5_000;
/** Characters. */
const longestKey = 8_192;

export function createPasses(now: () => number = () => performance.now()): Passes {
  const until = new LRUCache<string, number>({ max: known });
  return {
    has: (key) => (until.get(key) ?? 0) > now(),
    add(key) {
      // Clients choose the variables that are part of keys.
      if (key.length <= longestKey) until.set(key, now() + passMs);
    },
  };
}
