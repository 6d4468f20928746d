/** Waits until `promise` settles or the signal aborts, whichever is first; tells whether it was aborted. */
export async function settledOrAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return true;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const onAbort = () => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  return signal.aborted;
}

/** Waits; ends at once when the signal aborts. Tells whether it was aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const aborted = await settledOrAborted(promise, signal);
  clearTimeout(timer);
  return aborted;
}

/** What comes of the work, or `undefined` when that takes longer than so many milliseconds; the work itself goes on. */
export async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What any number of others wait for, again and again. */
export type Bell = {
  /** Wakes everyone who waits now. */
  ring(): void;
  /** Waits until it rings, for so many milliseconds at most where they are given. @returns false when the signal aborted before */
  heard(signal: AbortSignal, withinMs?: number): Promise<boolean>;
};

export function createBell(): Bell {
  let waiting = new Set<() => void>();
  return {
    ring() {
      const woken = waiting;
      waiting = new Set();
      for (const wake of woken) wake();
    },
    async heard(signal, withinMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      const timer = withinMs === undefined ? undefined : setTimeout(resolve, withinMs);
      const wasAborted = await settledOrAborted(promise, signal);
      clearTimeout(timer);
      waiting.delete(resolve);
      return !wasAborted;
    },
  };
}
