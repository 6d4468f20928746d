import { abortable } from '#shared/async-iteration.ts';
import { createBell, settledOrAborted } from '#shared/waiting.ts';

/** Something that is under way for as long as anybody watches it. */
export type Watch<T> = {
  /** Resolves when `current` can be read. Rejects with what kept it from beginning, which is told to those who watch. */
  ready: Promise<void>;
  /** How it stands now; undefined where there is nothing to tell yet. */
  current(): T | undefined;
  stop(): void;
};

/** Tells those who watch. What is not `lasting` may be skipped by who is slow, for something newer. */
export type Publish<T> = (value: T, options: { lasting: boolean }) => void;

export type SharedWatches<T> = {
  /** How it stands, then what is published of it. A slow reader holds nothing up and costs no memory. */
  watch(key: string): AsyncIterableIterator<T, void, void>;
  /** How many are under way. */
  size(): number;
};

type Told<T> = { number: number; value: T };

/** What lasts is kept for readers who are behind: so many, then the oldest give way. */
const kept = 1_000;

/**
 * Things that many watch and that each run once, begun by the first who watches and stopped by the last.
 * @param options.isSame whether there is nothing new in what was published for who already has the other
 */
export function createSharedWatches<T>(options: {
  begin: (key: string, publish: Publish<T>) => Watch<T>;
  isSame: (one: T, other: T) => boolean;
}): SharedWatches<T> {
  const entries = new Map<string, ReturnType<typeof open>>();

  function open(key: string) {
    const bell = createBell();
    let number = 0;
    let lasting: Told<T>[] = [];
    let latest: Told<T> | undefined;
    const watch = options.begin(key, (value, { lasting: isLasting }) => {
      latest = { number: (number += 1), value };
      if (isLasting) lasting = [...lasting.slice(1 - kept), latest];
      bell.ring();
    });
    /** What follows a number: all that lasts, and the latest. */
    const behind = (place: number): Told<T>[] => {
      if (!latest || latest.number <= place) return [];
      const missed = lasting.filter((told) => told.number > place);
      return missed.at(-1) === latest ? missed : [...missed, latest];
    };
    return { watch, bell, behind, place: () => number, readers: 0 };
  }

  function join(key: string) {
    const entry = entries.get(key) ?? open(key);
    entries.set(key, entry);
    entry.readers += 1;
    return entry;
  }

  function leave(key: string, entry: ReturnType<typeof open>): void {
    entry.readers -= 1;
    if (entry.readers > 0) return;
    entry.watch.stop();
    if (entries.get(key) === entry) entries.delete(key);
  }

  return {
    size: () => entries.size,
    watch: (key) =>
      abortable(async function* (signal) {
        const entry = join(key);
        try {
          if (await settledOrAborted(entry.watch.ready, signal)) return;
          let place = entry.place();
          let last = entry.watch.current();
          if (last !== undefined) yield last;
          while (!signal.aborted) {
            const [next] = entry.behind(place);
            if (!next) {
              if (!(await entry.bell.heard(signal))) return;
              continue;
            }
            place = next.number;
            if (last !== undefined && options.isSame(last, next.value)) continue;
            last = next.value;
            yield next.value;
          }
        } finally {
          leave(key, entry);
        }
      }),
  };
}
