/** One who waits for an order to change. */
export type OrderWatch = {
  /** Resolves at the next change after this call; several changes at once are one. */
  next(): Promise<void>;
  release(): void;
};

/** Passes on which orders have changed, from whoever hears of it to those who wait; remembers nothing. */
export type OrderChanges = {
  watch(id: string): OrderWatch;
  announce(id: string): void;
  /** Any order may have changed. */
  announceAll(): void;
};

/** Changes of orders in this process. */
export function createOrderChanges(): OrderChanges {
  const waiting = new Map<string, Set<() => void>>();
  const wakeAll = (wakes: Iterable<() => void> | undefined) => {
    for (const wake of wakes ?? []) wake();
  };
  return {
    watch(id) {
      let resolve = () => {};
      const wake = () => resolve();
      const wakes = waiting.get(id) ?? new Set();
      waiting.set(id, wakes.add(wake));
      return {
        next() {
          const change = Promise.withResolvers<void>();
          resolve = change.resolve;
          return change.promise;
        },
        release() {
          wakes.delete(wake);
          if (wakes.size === 0) waiting.delete(id);
        },
      };
    },
    announce: (id) => wakeAll(waiting.get(id)),
    announceAll: () => wakeAll([...waiting.values()].flatMap((wakes) => [...wakes])),
  };
}
