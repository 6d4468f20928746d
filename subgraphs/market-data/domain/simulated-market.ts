import { revert, type MeanReversion } from './mean-reversion.ts';
import { nextNormals, type RandomState } from './random.ts';
import type { Quote } from './validate-quote.ts';

/**
 * A market that is made up: gold and silver with stochastic volatility, and rates of exchange. It is a model that draws
 * prices, not a calculation with money, so it works with doubles and rounds to text at the end.
 */
export type SimulatedMarket = {
  random: RandomState;
  /** Logarithms of volatility against its usual level: quiet and lively hours, and bursts of minutes. */
  slowVolatility: number;
  fastVolatility: number;
  /** Logarithms of the distance from the anchors, by symbol for metals and by currency for rates. */
  distances: Record<string, number>;
  /** What prices and rates are pulled back to: dollars for a troy ounce, units of a currency for a dollar. */
  anchors: Record<string, number>;
};

type Metal = { symbol: 'XAU-USD' | 'XAG-USD'; decimals: number; share: number; own: number; spreadBps: number };
type Rate = { currency: string; decimals: number; process: MeanReversion };

const day = 86_400;
const secondsOfYear = 365.25 * day;

/** A usual year of gold moves it by 16 %; so far away from its anchor it is pulled back with a half-life of two days. */
const volatility = 0.16 / Math.sqrt(secondsOfYear);
const pull = { halfLife: 2 * day };
/** Gold's expected growth in a year, of its anchor. */
const growth = 0.05 / secondsOfYear;
const slow: MeanReversion = { halfLife: 3_600, deviation: 0.35 };
const fast: MeanReversion = { halfLife: 60, deviation: 0.45 };

/** Silver follows gold with 3/4 of its shocks and moves 1.8 times as far. */
const metals: Metal[] = [
  { symbol: 'XAU-USD', decimals: 3, share: 1, own: 0, spreadBps: 1.5 },
  { symbol: 'XAG-USD', decimals: 3, share: 1.35, own: 1.19, spreadBps: 3 },
];
const rates: Rate[] = [
  { currency: 'EUR', decimals: 6, process: slowly(0.07) },
  { currency: 'GBP', decimals: 6, process: slowly(0.08) },
  { currency: 'TRY', decimals: 5, process: slowly(0.1) },
  { currency: 'AED', decimals: 4, process: { halfLife: pull.halfLife, deviation: 0 } },
  { currency: 'IRR', decimals: 0, process: slowly(0.2) },
];

/** What the market begins with where nothing is known. The dirham is pegged to the dollar. */
const usualAnchors = {
  'XAU-USD': 4084.3,
  'XAG-USD': 50.9,
  EUR: 0.862,
  GBP: 0.761,
  TRY: 42.35,
  AED: 3.6725,
  IRR: 1_150_000,
};

/** The metals that the market quotes, in dollars. */
export const simulatedMetals: readonly string[] = metals.map(({ symbol }) => symbol);
/** The rates that it quotes: units of a currency for a dollar, such as `USD-EUR`. */
export const simulatedRates: readonly string[] = rates.map(({ currency }) => rateSymbol(currency));

/**
 * A market that begins at the given mid prices by symbol (dollars for a troy ounce; other currencies by their cross with
 * gold), and at usual ones for the rest. The pegged rate stays where it is.
 */
export function startMarket(random: RandomState, mids: Partial<Record<string, number>>): SimulatedMarket {
  const anchors: Record<string, number> = { ...usualAnchors };
  for (const { symbol } of metals) anchors[symbol] = mids[symbol] ?? anchors[symbol]!;
  for (const { currency, process } of rates) {
    const mid = mids[`XAU-${currency}`];
    if (mid !== undefined && mids['XAU-USD'] !== undefined && process.deviation > 0)
      anchors[currency] = mid / mids['XAU-USD'];
  }
  const distances = Object.fromEntries(Object.keys(anchors).map((name) => [name, 0]));
  return { random, slowVolatility: 0, fastVolatility: 0, distances, anchors };
}

/** The market `seconds` later. The same market and seconds give the same next one. */
export function moveMarket(market: SimulatedMarket, seconds: number): SimulatedMarket {
  const [normals, random] = nextNormals(market.random, 4 + rates.length);
  const [slowShock, fastShock, goldShock, silverShock, ...rateShocks] = normals as [number, number, number, number];
  const slowVolatility = revert(market.slowVolatility, slow, seconds, slowShock);
  const fastVolatility = revert(market.fastVolatility, fast, seconds, fastShock);
  const step = volatility * Math.exp(slowVolatility + fastVolatility) * Math.sqrt(seconds);
  const kept = 2 ** (-seconds / pull.halfLife);
  const distances = { ...market.distances };
  const anchors = { ...market.anchors };
  for (const { symbol, share, own } of metals) {
    distances[symbol] = distances[symbol]! * kept + step * (share * goldShock + own * silverShock);
    anchors[symbol] = anchors[symbol]! * Math.exp(growth * seconds);
  }
  for (const [index, { currency, process }] of rates.entries()) {
    distances[currency] = revert(distances[currency]!, process, seconds, rateShocks[index]!);
  }
  return { random, slowVolatility, fastVolatility, distances, anchors };
}

/**
 * What the market quotes, without a time: metals with a spread of about 1.5 bp for gold, wider in a lively market, and
 * rates of exchange without one.
 */
export function quotesOf(market: SimulatedMarket): Omit<Quote, 'time'>[] {
  const value = (name: string) => market.anchors[name]! * Math.exp(market.distances[name]!);
  const widening = Math.min(3, Math.max(0.75, Math.exp((market.slowVolatility + market.fastVolatility) / 2)));
  const sides = ({ symbol, spreadBps }: Metal) => {
    const half = (spreadBps * widening) / 20_000;
    return [value(symbol) * (1 - half), value(symbol) * (1 + half)] as const;
  };
  return [
    ...metals.map((metal) => quote(metal.symbol, sides(metal), metal.decimals)),
    ...rates.map(({ currency, decimals }) => quote(rateSymbol(currency), [value(currency), value(currency)], decimals)),
  ];
}

function rateSymbol(currency: string): string {
  return `USD-${currency}`;
}

/** A slow rate: its long-run deviation is that of a pull with a half-life of two days against a yearly volatility. */
function slowly(yearly: number): MeanReversion {
  return { halfLife: pull.halfLife, deviation: yearly * Math.sqrt(pull.halfLife / (2 * Math.LN2 * secondsOfYear)) };
}

function quote(symbol: string, [bid, ask]: readonly [number, number], decimals: number): Omit<Quote, 'time'> {
  return { symbol, bid: bid.toFixed(decimals), ask: ask.toFixed(decimals) };
}
