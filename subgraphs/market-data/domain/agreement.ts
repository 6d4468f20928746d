import { distanceBps } from './distance.ts';
import { weightedMedian } from './weighted-median.ts';

/** A source that says a price. */
export type Voice = {
  name: string;
  /** Double, comparable with those of the others. */
  mid: number;
  weight: number;
  /** How near to the market it is: 2 for bid and ask of the metal, 1 for its mid price only, 0 for a token. */
  rank: number;
};

/**
 * The sources that agree: all within a distance of the weighted median of all. Two sources that do not agree have no median
 * that would tell which of them lies, nor has a crowd of which nobody is near its middle. Then the best source is believed,
 * with all that agree with it: the nearest to the market, the heaviest, the one that is nearest to the price before.
 * @param voices at least one
 * @param limits.lastMid the price before, undefined where there was none
 * @returns whether it had to be decided so in `isDisputed`
 */
export function agreeing<V extends Voice>(
  voices: readonly V[],
  limits: { maxDistanceBps: number; lastMid: number | undefined },
): { agreed: V[]; isDisputed: boolean } {
  const near = (price: number) => voices.filter(({ mid }) => distanceBps(mid, price) <= limits.maxDistanceBps);
  const agreed = voices.length > 2 ? near(middleOf(voices)) : [];
  if (agreed.length > 0) return { agreed, isDisputed: false };
  const believed = near(bestOf(voices, limits.lastMid).mid);
  return { agreed: believed, isDisputed: believed.length < voices.length };
}

/** The weighted median of mid prices. */
export function middleOf(voices: readonly Voice[]): number {
  const mids = voices.map(({ mid, weight }) => ({ value: mid, weight }));
  const { lower, upper } = weightedMedian(mids, (one, other) => one - other);
  return (lower + upper) / 2;
}

function bestOf<V extends Voice>(voices: readonly V[], lastMid: number | undefined): V {
  const step = ({ mid }: Voice) => (lastMid === undefined ? 0 : Math.abs(mid - lastMid));
  const [best] = voices.toSorted(
    (one, other) =>
      other.rank - one.rank || other.weight - one.weight || step(one) - step(other) || (one.name < other.name ? -1 : 1),
  );
  return best!;
}
