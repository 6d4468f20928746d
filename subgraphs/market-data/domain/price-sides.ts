import { Decimal } from '#shared/decimal.ts';
import { weightedMedian, type Weighted } from './weighted-median.ts';

/** Exact decimals as text, the bid below the ask. */
export type Sides = { bid: string; ask: string };

/**
 * Bid and ask as they are used of what a source said: its own texts, unless they have to be calculated.
 * @param said.basisBps what the source is usually above the spot price and is taken off, decimal as text; undefined for nothing
 * @param said.spreadBps the spread that is put around a price whose bid is its ask; more than 0
 * @param decimals digits after the point of what is calculated, rounded half-even
 */
export function sidesOf(
  said: Sides & { isMidOnly: boolean; basisBps: string | undefined; spreadBps: number },
  decimals: number,
): Sides {
  const { isMidOnly, basisBps = '0' } = said;
  const basis = new Decimal(basisBps);
  if (!isMidOnly && basis.isZero()) return { bid: said.bid, ask: said.ask };
  const factor = basis.div(10_000).plus(1);
  const half = isMidOnly ? new Decimal(said.spreadBps).div(20_000) : new Decimal(0);
  const bid = new Decimal(said.bid).div(factor).times(half.neg().plus(1));
  return roundApart({ bid, ask: new Decimal(said.ask).div(factor).times(half.plus(1)) }, decimals);
}

/**
 * The weighted medians of bids and of asks, each by itself. They are texts of one of the prices, unless both sides of a
 * median weigh the same: then the middle, rounded half-even to `decimals`, or to as many digits as the prices have.
 */
export function medianOfSides(prices: readonly Weighted<Sides>[], decimals: number): Sides {
  if (prices.length === 1) return prices[0]!.value;
  const [bid, ask] = [medianOf(prices, 'bid'), medianOf(prices, 'ask')];
  if (bid.lower.eq(bid.upper) && ask.lower.eq(ask.upper)) return { bid: bid.text, ask: ask.text };
  const digits = [bid, ask].flatMap(({ lower, upper }) => [lower.decimalPlaces(), upper.decimalPlaces()]);
  const middle = ({ lower, upper }: typeof bid) => lower.plus(upper).div(2);
  return roundApart({ bid: middle(bid), ask: middle(ask) }, Math.max(decimals, ...digits));
}

function medianOf(prices: readonly Weighted<Sides>[], side: keyof Sides) {
  const values = prices.map(({ value, weight }) => ({
    value: { text: value[side], price: new Decimal(value[side]) },
    weight,
  }));
  const { lower, upper } = weightedMedian(values, (one, other) => one.price.cmp(other.price));
  return { lower: lower.price, upper: upper.price, text: lower.text };
}

/** Rounds half-even to `decimals`, with more digits where a bid would be 0 or no longer below its ask. */
function roundApart({ bid, ask }: { bid: Decimal; ask: Decimal }, decimals: number): Sides {
  for (let digits = decimals; ; digits += 1) {
    const [lower, upper] = [bid.toDecimalPlaces(digits), ask.toDecimalPlaces(digits)];
    if (lower.gt(0) && lower.lt(upper)) return { bid: lower.toFixed(digits), ask: upper.toFixed(digits) };
  }
}
