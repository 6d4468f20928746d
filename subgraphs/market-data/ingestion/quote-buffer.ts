/** Quotes that wait for their turn: first in, first out, and bounded. */
export type QuoteBuffer<T> = {
  /** Adds at the end. @returns how many of the oldest were dropped to make room */
  add(items: readonly T[]): number;
  /** Takes up to `count` from the front. */
  take(count: number): T[];
  size(): number;
};

/** @param capacity items that are kept at most */
export function createQuoteBuffer<T>(capacity: number): QuoteBuffer<T> {
  let items: T[] = [];
  /** Index of the first item that is still wanted: taking from the front of a long array would copy it each time. */
  let first = 0;
  const size = () => items.length - first;
  const compact = () => {
    if (first < 1_000 || first < items.length / 2) return;
    items = items.slice(first);
    first = 0;
  };
  return {
    add(added) {
      for (const item of added) items.push(item);
      const dropped = Math.max(0, size() - capacity);
      first += dropped;
      compact();
      return dropped;
    },
    take(count) {
      const taken = items.slice(first, first + count);
      first += taken.length;
      compact();
      return taken;
    },
    size,
  };
}
