type Point = { at: number; value: number };

/** The lowest and the highest of what was added within a span of time. */
export type SlidingExtremes = {
  /** Adds a value and forgets those that are more than the span older; `at` never goes back. Costs the same however many there are. */
  add(point: Point): void;
  /** Undefined while empty; of equal values the newest. */
  lowest(): Point | undefined;
  highest(): Point | undefined;
  clear(): void;
};

export function createSlidingExtremes(spanMs: number): SlidingExtremes {
  // What a later value surpasses can no longer become the extreme, so that each queue is in order and begins with it.
  const rising = createQueue((last, next) => last >= next);
  const falling = createQueue((last, next) => last <= next);
  return {
    add(point) {
      for (const queue of [rising, falling]) queue.add(point, point.at - spanMs);
    },
    lowest: () => rising.first(),
    highest: () => falling.first(),
    clear() {
      rising.clear();
      falling.clear();
    },
  };
}

/** Points in order of time; those at the front are cut off now and then. */
function createQueue(isSurpassed: (last: number, next: number) => boolean) {
  let points: Point[] = [];
  let front = 0;
  return {
    add(point: Point, since: number) {
      while (points.length > front && isSurpassed(points.at(-1)!.value, point.value)) points.pop();
      points.push(point);
      while (points[front]!.at < since) front += 1;
      if (front > 1_000) [points, front] = [points.slice(front), 0];
    },
    first: () => points[front],
    clear() {
      [points, front] = [[], 0];
    },
  };
}
