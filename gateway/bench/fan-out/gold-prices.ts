import type { FeedTick } from './feed.ts';

export const symbol = 'XAU-USD';

/** The products that a price is joined with; names as long as a shop's are. */
export const products = [
  { sku: 'BAR-LADY-FORTUNA-5G', name: 'Lady Fortuna gold bar 5 g, minted, with certificate' },
  { sku: 'BAR-LADY-FORTUNA-50G', name: 'Lady Fortuna gold bar 50 g, minted, with certificate' },
  { sku: 'BAR-CAST-100G', name: 'Gold bar 100 g, cast, of makers of good delivery' },
  { sku: 'COIN-KRUGERRAND-1OZ', name: 'Krugerrand 1 oz, any year, 22 karat gold bullion coin' },
  { sku: 'COIN-MAPLE-LEAF-1OZ', name: 'Maple Leaf 1 oz, any year, fine gold bullion coin' },
];

export const stock = { available: 1_250 };

/**
 * A price as market-data gives it. Its mid price is the instant at which the tick was made, so that a client reads from
 * any message how long it took.
 */
export function spotPrice({ sequence, madeAt }: FeedTick) {
  const time = new Date(madeAt).toISOString();
  return {
    instrument: { symbol, metal: 'XAU', currency: 'USD', name: 'Gold in US dollars' },
    sequence: String(sequence),
    bid: '4084.012',
    ask: '4084.622',
    mid: madeAt.toFixed(3),
    spreadBps: '1.4936',
    currency: 'USD',
    time,
    receivedAt: time,
    ageMs: 0,
    isStale: false,
    quality: 'GOOD',
  };
}

/** What a product costs at a tick: another amount at each, so that a price of another tick than the spot's shows. */
export function productPrice(sequence: number) {
  return { total: { amount: amountAt(sequence), currency: 'USD' } };
}

export function amountAt(sequence: number): string {
  return `${sequence}.00`;
}

/** A price event with everything that it is joined with, for servers that have it all themselves. */
export function joinedPriceEvent(tick: FeedTick) {
  const { instrument, ...price } = spotPrice(tick);
  const nodes = products.map((product) => ({ ...product, stock, price: productPrice(tick.sequence) }));
  return { priceUpdated: { ...price, instrument: { ...instrument, products: { nodes } } } };
}
