export type Weighted<T> = { value: T; weight: number };

/**
 * The lower and the upper middle of weighted values; they are the same one unless exactly half of the weight lies on either
 * side. Of three or more values none weighs as much as all others together, so that a single one that lies never has the
 * last word: the heaviest is brought down to the next one and half of the rest.
 * @param values at least one; weights are more than 0
 */
export function weightedMedian<T>(
  values: readonly Weighted<T>[],
  compare: (one: T, other: T) => number,
): { lower: T; upper: T } {
  const cap = heaviestAllowed(values.map(({ weight }) => weight));
  const sorted = values
    .map(({ value, weight }) => ({ value, weight: Math.min(weight, cap) }))
    .sort((one, other) => compare(one.value, other.value));
  const half = sorted.reduce((total, { weight }) => total + weight, 0) / 2;
  // Weights are decimals, whose sums are only nearly exact as doubles.
  const nearly = half * 1e-12;
  let below = 0;
  for (const [index, { value, weight }] of sorted.entries()) {
    below += weight;
    if (below >= half - nearly) {
      const isTie = below <= half + nearly && index + 1 < sorted.length;
      return { lower: value, upper: isTie ? sorted[index + 1]!.value : value };
    }
  }
  throw new RangeError('a median needs values with a weight');
}

function heaviestAllowed(weights: number[]): number {
  if (weights.length < 3) return Infinity;
  const [, second, ...rest] = weights.toSorted((one, other) => other - one) as [number, number, ...number[]];
  return second + rest.reduce((total, weight) => total + weight, 0) / 2;
}
