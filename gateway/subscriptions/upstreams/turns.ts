import { settledOrAborted } from '#shared/waiting.ts';

/** Lets so many do something at the same time; the others wait for their turn in the order in which they came. */
export type Turns = {
  /** Waits for a turn. @returns ends it, may be called again; `undefined` when the signal aborted before */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
};

/** @param limitMs milliseconds after which a turn is over by itself */
export function createTurns(atATime: number, limitMs: number): Turns {
  let taken = 0;
  const waiting = new Set<() => void>();

  function wakeNext(): void {
    const [next] = waiting;
    next?.();
  }

  function begin(): () => void {
    taken += 1;
    let isOver = false;
    const end = () => {
      clearTimeout(timer);
      if (isOver) return;
      isOver = true;
      taken -= 1;
      wakeNext();
    };
    const timer = setTimeout(end, limitMs).unref();
    return end;
  }

  return {
    async take(signal) {
      while (taken >= atATime) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        const wasAborted = await settledOrAborted(promise, signal);
        waiting.delete(resolve);
        if (!wasAborted) continue;
        // It may have been woken at the same time.
        wakeNext();
        return undefined;
      }
      return signal.aborted ? undefined : begin();
    },
  };
}
