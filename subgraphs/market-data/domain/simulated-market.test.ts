import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { midOf, spreadBpsOf } from '#shared/ticks/tick.ts';
import {
  moveMarket,
  quotesOf,
  simulatedMetals,
  simulatedRates,
  startMarket,
  type SimulatedMarket,
} from './simulated-market.ts';
import { problemOfPrices } from './validate-quote.ts';

const steps = (seed: number, count: number, seconds = 0.13) => {
  const markets: SimulatedMarket[] = [startMarket(seed, {})];
  while (markets.length <= count) markets.push(moveMarket(markets.at(-1)!, seconds));
  return markets;
};
const mid = (market: SimulatedMarket, symbol: string) => {
  const quote = quotesOf(market).find((each) => each.symbol === symbol)!;
  return midOf(quote).toNumber();
};
const correlation = (a: number[], b: number[]) => {
  const mean = (values: number[]) => values.reduce((total, value) => total + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = mean(a.map((value, index) => (value - meanA) * (b[index]! - meanB)));
  const variance = (values: number[], around: number) => mean(values.map((value) => (value - around) ** 2));
  return product / Math.sqrt(variance(a, meanA) * variance(b, meanB));
};

describe('the simulated market', () => {
  test('a bid is below its ask and the spread stays within 0.5 and 12 bp, for each metal and seed', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.constantFrom(0.05, 0.2, 60), (seed, seconds) => {
        for (const quote of quotesOf(steps(seed, 50, seconds).at(-1)!).slice(0, simulatedMetals.length)) {
          expect(problemOfPrices(quote)).toBeUndefined();
          expect(spreadBpsOf(quote).toNumber()).toBeGreaterThan(0.5);
          expect(spreadBpsOf(quote).toNumber()).toBeLessThan(12);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('the same seed draws the same path, another seed another one', () => {
    const path = (seed: number) => steps(seed, 200).map((market) => quotesOf(market));
    expect(path(7)).toEqual(path(7));
    expect(path(7)).not.toEqual(path(8));
  });

  test('gold begins where it is told, about 1.5 bp wide', () => {
    const [gold] = quotesOf(startMarket(1, { 'XAU-USD': 4084.3 }));
    expect(gold).toEqual({ symbol: 'XAU-USD', bid: '4083.994', ask: '4084.606' });
  });

  test('a market goes on from the prices that it was left with, in all currencies', () => {
    const left = steps(3, 500).at(-1)!;
    const metals = Object.fromEntries(simulatedMetals.map((symbol) => [symbol, mid(left, symbol)]));
    const gold = Object.fromEntries(
      simulatedRates.map((rate) => [rate.replace('USD-', 'XAU-'), metals['XAU-USD']! * mid(left, rate)]),
    );
    const resumed = startMarket(9, { ...metals, ...gold });
    for (const symbol of [...simulatedMetals, ...simulatedRates])
      expect(mid(resumed, symbol) / mid(left, symbol)).toBeCloseTo(1, 5);
  });

  test('rates move slowly and say one price, and the dirham is pegged', () => {
    const markets = steps(5, 1_000);
    for (const { symbol, bid, ask } of quotesOf(markets.at(-1)!).filter((quote) =>
      simulatedRates.includes(quote.symbol),
    )) {
      expect(bid).toBe(ask);
      expect(mid(markets.at(-1)!, symbol) / mid(markets[0]!, symbol)).toBeCloseTo(1, 2);
    }
    expect(mid(markets.at(-1)!, 'USD-AED')).toBe(3.6725);
    expect(mid(markets.at(-1)!, 'USD-EUR')).not.toBe(mid(markets[0]!, 'USD-EUR'));
  });

  test('volatility clusters: large moves follow large moves, while directions are independent', () => {
    const prices = steps(11, 20_000).map((market) => Math.log(mid(market, 'XAU-USD')));
    const moves = prices.slice(1).map((price, index) => price - prices[index]!);
    const sizes = moves.map(Math.abs);
    for (const lag of [1, 10, 50]) expect(correlation(sizes.slice(lag), sizes.slice(0, -lag))).toBeGreaterThan(0.08);
    expect(Math.abs(correlation(moves.slice(1), moves.slice(0, -1)))).toBeLessThan(0.05);
  });

  test('over thirty days the price stays within a quarter of its beginning', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const mids = steps(seed, 30 * 24 * 6, 600).map((market) => mid(market, 'XAU-USD') / 4084.3);
      expect(Math.min(...mids)).toBeGreaterThan(0.75);
      expect(Math.max(...mids)).toBeLessThan(1.25);
    }
  });
});
