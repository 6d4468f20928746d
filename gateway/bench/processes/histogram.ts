const bucketsPerMs = 20;
/** Everything from here on counts as this much. */
const limitMs = 10_000;

/** How many messages took how long, in steps of 50 µs. */
export type Histogram = Uint32Array;

export function createHistogram(): Histogram {
  return new Uint32Array(limitMs * bucketsPerMs);
}

export function record(histogram: Histogram, milliseconds: number): void {
  const bucket = Math.max(0, Math.min(histogram.length - 1, Math.floor(milliseconds * bucketsPerMs)));
  histogram[bucket]! += 1;
}

export function add(sum: Histogram, other: Histogram): void {
  for (let bucket = 0; bucket < sum.length; bucket += 1) sum[bucket]! += other[bucket]!;
}

/** The milliseconds that a share of the messages took at most; NaN of none. */
export function quantile(histogram: Histogram, share: number): number {
  const wanted = histogram.reduce((sum, count) => sum + count, 0) * share;
  if (wanted === 0) return NaN;
  let seen = 0;
  const bucket = histogram.findIndex((count) => (seen += count) >= wanted);
  return (bucket + 1) / bucketsPerMs;
}
