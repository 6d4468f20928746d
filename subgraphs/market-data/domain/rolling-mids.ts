/** The mid prices of one source over the last while of its own time; doubles, because they are only a statistic. */
export type RollingMids = {
  /** Adds a price; `time` is epoch milliseconds by the source's clock. Times more than the span behind the newest begin anew. */
  add(time: number, mid: number): void;
  /** Median absolute deviation from the median in basis points of it; 0 where nothing is known. */
  deviationBps(): number;
};

/** More than the busiest minute of a recorded payrolls day (8 207 quotes); the oldest go first. */
const mostKept = 10_000;

/** @param spanMs how long a price is kept behind the newest one */
export function createRollingMids(spanMs: number): RollingMids {
  let times: number[] = [];
  let mids: number[] = [];
  /** What is before this index is no longer in the span; it is cut off now and then, so that an addition costs nothing. */
  let first = 0;

  return {
    add(time, mid) {
      if (time < (times.at(-1) ?? time) - spanMs) [times, mids, first] = [[], [], 0];
      times.push(time);
      mids.push(mid);
      while (times[first]! < time - spanMs || times.length - first > mostKept) first += 1;
      if (first > mostKept) [times, mids, first] = [times.slice(first), mids.slice(first), 0];
    },
    deviationBps() {
      if (mids.length === first) return 0;
      const kept = Float64Array.from(mids.slice(first));
      const middle = medianOf(kept);
      return (medianOf(kept.map((mid) => Math.abs(mid - middle))) / middle) * 10_000;
    },
  };
}

/** Sorts the values in place. */
function medianOf(values: Float64Array): number {
  values.sort();
  const half = values.length / 2;
  return (values[Math.ceil(half) - 1]! + values[Math.floor(half)]!) / 2;
}
