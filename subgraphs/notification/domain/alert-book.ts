import { createAlertHeap, type AlertHeap, type Waiting } from './alert-heap.ts';
import type { AlertLevels, AlertPrice, PriceAlertCondition } from './alert-levels.ts';

/** An alert as it is watched. */
export type WatchedAlert = {
  id: string;
  condition: PriceAlertCondition;
  levels: AlertLevels;
  isRecurring: boolean;
  /** Whether it fires when the condition is met next; else it waits until the price is back. */
  isArmed: boolean;
  hasFired: boolean;
  /** The tick at which it came into this state, or was created: only ticks behind it count. */
  stateSequence: number;
};

/** What a tick does to an alert. `from` is the tick at which the alert came into the state that this ends. */
export type AlertChange = { id: string; kind: 'FIRED' | 'ARMED'; from: number };

/** The alerts of one symbol that wait for something, in memory. */
export type AlertBook = {
  /**
   * Begins to watch an alert, in place of what was watched under its id. It takes part from the first tick behind both its
   * `stateSequence` and the tick that the book stands at.
   */
  add(alert: WatchedAlert): void;
  remove(id: string): void;
  /**
   * Judges a tick, which must be newer than the one before. It looks only at alerts whose state it changes, and at the two
   * prices next to it: what it costs does not depend on how many alerts there are.
   */
  apply(sequence: number, price: AlertPrice): AlertChange[];
  /** Every alert as it stands now. */
  all(): WatchedAlert[];
  size(): number;
};

type Entry = WatchedAlert & Waiting;

/**
 * Every alert waits for the price to rise to a level (to fire above it, or to be armed to fire below it) or to fall to one
 * (the mirror image), so two heaps hold them all. A tick that skips levels, after a gap, meets all that lie between.
 */
export function createAlertBook(): AlertBook {
  const entries = new Map<string, Entry>();
  const rising = createAlertHeap<Entry>('rising');
  const falling = createAlertHeap<Entry>('falling');
  /** Those whose state is of a tick that has not come here yet, by that tick's sequence. */
  const early = createAlertHeap<Entry>('rising');

  const heapOf = ({ condition, isArmed }: Entry): AlertHeap<Entry> =>
    (condition === 'CROSS_ABOVE') === isArmed ? rising : falling;

  function wait(entry: Entry): void {
    const { levels, isArmed, hasFired } = entry;
    heapOf(entry).add(entry, isArmed ? levels.firesAt : hasFired ? levels.rearmsAt : levels.armsAt);
  }

  function change(entry: Entry, sequence: number): AlertChange {
    const { id, isArmed, stateSequence: from } = entry;
    entry.stateSequence = sequence;
    entry.isArmed = !isArmed;
    if (!isArmed) {
      wait(entry);
      return { id, kind: 'ARMED', from };
    }
    entry.hasFired = true;
    if (entry.isRecurring) wait(entry);
    else entries.delete(id);
    return { id, kind: 'FIRED', from };
  }

  function remove(id: string): void {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    for (const heap of [rising, falling, early]) if (heap.has(entry)) return heap.remove(entry);
  }

  return {
    add(alert) {
      remove(alert.id);
      const entry = { ...alert, waitsFor: 0n, place: -1 };
      entries.set(entry.id, entry);
      early.add(entry, BigInt(entry.stateSequence));
    },
    remove,
    apply(sequence, price) {
      const now = BigInt(sequence);
      while (isBelow(early.next(), now)) wait(early.take());
      const changes: AlertChange[] = [];
      for (let next = rising.next(); next !== undefined && next <= price; next = rising.next()) {
        changes.push(change(rising.take(), sequence));
      }
      for (let next = falling.next(); next !== undefined && next >= price; next = falling.next()) {
        changes.push(change(falling.take(), sequence));
      }
      return changes;
    },
    all: () => [...entries.values()],
    size: () => entries.size,
  };
}

function isBelow(next: bigint | undefined, limit: bigint): boolean {
  return next !== undefined && next < limit;
}
