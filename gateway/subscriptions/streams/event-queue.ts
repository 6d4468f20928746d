/**
 * Carries out work for the events of a stream, several at once, and hands on the results in the order of the events.
 *
 * Where the stream is conflatable, slow work does not hold up newer events: of those that wait for their turn the newest of
 * each key is kept, and an event for which a newer one of its key has waited long enough is not handed on any more.
 * Where it is not, every event is kept, up to a limit.
 */
export type EventQueue<Event> = {
  add(event: Event): void;
  /** Resolves when all that was added has been handed on or left out. */
  idle(): Promise<void>;
  close(): void;
};

/** Events that are worked on at the same time. */
const concurrency = 4;

type Entry<Event, Result> = { event: Event; key: string; done?: { result: Result; at: number } };

export function createEventQueue<Event extends { key?: string }, Result extends object>(options: {
  isConflatable: boolean;
  /** Never rejects. */
  work: (event: Event) => Promise<Result>;
  handOn: (result: Result, event: Event) => void;
  /** A newer event has taken the place of this one: it will not be handed on. */
  onConflated: (event: Event) => void;
  /** More than `limit` events have come that are not handed on: no more can be kept. */
  onOverflow: () => void;
  limit: number;
  /** Milliseconds that a result waits for the one before it, where it may take its place. */
  patienceMs?: number;
}): EventQueue<Event> {
  const { isConflatable, patienceMs = 100 } = options;
  /** What is worked on or waits for earlier ones, in the order of the events. */
  let underWay: Entry<Event, Result>[] = [];
  let waiting: Entry<Event, Result>[] = [];
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  let idle: PromiseWithResolvers<void> | undefined;
  let isClosed = false;

  function start(entry: Entry<Event, Result>): void {
    running += 1;
    underWay.push(entry);
    void options.work(entry.event).then((result) => {
      running -= 1;
      entry.done = { result, at: performance.now() };
      if (isClosed) return;
      const following = waiting.shift();
      if (following) start(following);
      handOn();
    });
  }

  /** Takes the place of an older one, where it may. */
  function wait(entry: Entry<Event, Result>): void {
    const older = isConflatable ? waiting.find(({ key }) => key === entry.key) : undefined;
    if (older) {
      waiting = waiting.filter((each) => each !== older);
      options.onConflated(older.event);
    }
    waiting.push(entry);
  }

  /** Hands on every result that no earlier one of its key is awaited before. */
  function handOn(): void {
    const held = new Set<string>();
    const ready: Entry<Event, Result>[] = [];
    let heldSince: number | undefined;
    underWay = underWay.filter((entry) => {
      // Without conflation the order is that of the whole stream.
      const key = isConflatable ? entry.key : '';
      if (entry.done && !held.has(key)) {
        ready.push(entry);
        return false;
      }
      if (entry.done) heldSince = Math.min(heldSince ?? Infinity, entry.done.at);
      held.add(key);
      return true;
    });
    for (const { done, event } of ready) if (!isClosed) options.handOn(done!.result, event);
    if (isClosed) return;
    if (isConflatable && heldSince !== undefined)
      timer ??= setTimeout(giveUp, Math.max(1, heldSince + patienceMs - performance.now())).unref();
    if (!isIdle()) return;
    idle?.resolve();
    idle = undefined;
  }

  /** What results have waited for long enough is given up. */
  function giveUp(): void {
    timer = undefined;
    const before = performance.now() - patienceMs;
    const overdue = new Set<string>();
    const kept = underWay.toReversed().filter((entry) => {
      if (entry.done && entry.done.at <= before) overdue.add(entry.key);
      if (entry.done || !overdue.has(entry.key)) return true;
      options.onConflated(entry.event);
      return false;
    });
    underWay = kept.toReversed();
    handOn();
  }

  function isIdle(): boolean {
    return underWay.length === 0 && waiting.length === 0;
  }

  return {
    add(event) {
      if (isClosed) return;
      const entry: Entry<Event, Result> = { event, key: event.key ?? '' };
      if (running < concurrency) start(entry);
      else wait(entry);
      if (underWay.length + waiting.length > options.limit) options.onOverflow();
    },
    async idle() {
      if (isIdle() || isClosed) return;
      idle ??= Promise.withResolvers<void>();
      await idle.promise;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      waiting = [];
      underWay = [];
      idle?.resolve();
    },
  };
}
