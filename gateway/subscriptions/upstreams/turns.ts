/** Lets so many do something at the same time; the others wait for their turn in the order in which they came. */
export type Turns = {
  /** Waits for a turn. @returns ends it, may be called again; `undefined` when the signal aborted before */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
};

/** @param limitMs milliseconds after which a turn is over by itself */
export function createTurns(atATime: number, limitMs: number): Turns {
  let taken = 0;
  /** Each is given a turn, and says whether it still wants it. */
  const waiting = new Set<() => boolean>();

  function handOver(): void {
    for (const accept of waiting) {
      waiting.delete(accept);
      if (accept()) return;
    }
    taken -= 1;
  }

  function begin(): () => void {
    let isOver = false;
    const end = () => {
      clearTimeout(timer);
      if (!isOver) handOver();
      isOver = true;
    };
    const timer = setTimeout(end, limitMs).unref();
    return end;
  }

  return {
    take(signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (taken < atATime) {
        taken += 1;
        return Promise.resolve(begin());
      }
      return new Promise((resolve) => {
        const giveUp = () => {
          waiting.delete(accept);
          resolve(undefined);
        };
        const accept = () => {
          signal.removeEventListener('abort', giveUp);
          if (signal.aborted) return false;
          resolve(begin());
          return true;
        };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.add(accept);
      });
    },
  };
}
