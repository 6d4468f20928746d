/** Something that is given up when its time is over. */
export type Due = {
  /** As `performance.now()`. */
  readonly deadline: number;
  giveUp(): void;
};

export type Deadlines = {
  add(due: Due): void;
  /** It has come to its end by itself. */
  delete(due: Due): void;
};

/** Milliseconds between two looks at what is due: by so much something may be given up too late. */
const precisionMs = 10;

/**
 * One timer for all that is under way: a timer for each would cost more than most of what is done with a small answer. It
 * goes on only while there is something to wait for.
 */
export function createDeadlines(): Deadlines {
  const waiting = new Set<Due>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    timer = undefined;
    const now = performance.now();
    try {
      for (const due of waiting) {
        if (due.deadline > now) continue;
        waiting.delete(due);
        due.giveUp();
      }
    } finally {
      if (waiting.size > 0) start();
    }
  }

  function start(): void {
    timer ??= setTimeout(look, precisionMs);
  }

  return {
    add(due) {
      waiting.add(due);
      start();
    },
    delete: (due) => void waiting.delete(due),
  };
}
