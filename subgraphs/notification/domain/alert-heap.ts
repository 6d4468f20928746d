import type { AlertPrice } from './alert-levels.ts';

/** Something that waits in a heap: for which price, and at which place of the heap it stands; both belong to the heap. */
export type Waiting = { waitsFor: AlertPrice; place: number };

/** Those who wait, the next one first. Adding and taking cost the logarithm of their number, looking costs nothing. */
export type AlertHeap<T extends Waiting> = {
  /** The price that the next one waits for. */
  next(): AlertPrice | undefined;
  add(waiting: T, price: AlertPrice): void;
  /** Takes the next one out. */
  take(): T;
  /** Takes out one that is in this heap, wherever it stands. */
  remove(waiting: T): void;
  has(waiting: T): boolean;
  size(): number;
};

/**
 * A binary heap whose members know their places, so that any of them can be taken out.
 * @param order `rising`: the lowest price is next, as the price that comes up meets it first; `falling`: the highest
 */
export function createAlertHeap<T extends Waiting>(order: 'rising' | 'falling'): AlertHeap<T> {
  const heap: T[] = [];
  const isBefore =
    order === 'rising'
      ? (one: T, other: T) => one.waitsFor < other.waitsFor
      : (one: T, other: T) => one.waitsFor > other.waitsFor;

  function put(waiting: T, place: number): void {
    heap[place] = waiting;
    waiting.place = place;
  }

  function moveUp(waiting: T, from: number): void {
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = heap[parentPlace]!;
      if (!isBefore(waiting, parent)) break;
      put(parent, place);
      place = parentPlace;
    }
    put(waiting, place);
  }

  function moveDown(waiting: T, from: number): void {
    let place = from;
    for (;;) {
      let childPlace = place * 2 + 1;
      if (childPlace >= heap.length) break;
      if (childPlace + 1 < heap.length && isBefore(heap[childPlace + 1]!, heap[childPlace]!)) childPlace += 1;
      const child = heap[childPlace]!;
      if (!isBefore(child, waiting)) break;
      put(child, place);
      place = childPlace;
    }
    put(waiting, place);
  }

  const has = (waiting: T) => heap[waiting.place] === waiting;

  function remove(waiting: T): void {
    const { place } = waiting;
    const last = heap.pop()!;
    waiting.place = -1;
    if (last === waiting) return;
    moveDown(last, place);
    moveUp(last, last.place);
  }

  return {
    next: () => heap[0]?.waitsFor,
    add(waiting, price) {
      waiting.waitsFor = price;
      moveUp(waiting, heap.length);
    },
    take() {
      const first = heap[0]!;
      remove(first);
      return first;
    },
    remove(waiting) {
      if (has(waiting)) remove(waiting);
    },
    has,
    size: () => heap.length,
  };
}
