import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Decimal } from '#shared/decimal.ts';
import { aSource, start, usualLimits } from './consensus-builders.ts';
import { createConsensus, inOrder, type ConsensusPrice } from './consensus.ts';
import type { PriceSource, SourceQuote } from './price-source.ts';
import { sidesOf } from './price-sides.ts';

const names = ['a', 'b', 'c', 'd'];
/** In hundredths, mostly near each other. */
const mids = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 399_000, max: 401_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 100_000_000 }) },
);
const amount = (hundredths: number, digits: number) => new Decimal(hundredths).div(100).toFixed(digits);
const weights = fc.oneof(
  fc.constantFrom(1, 1, 3),
  fc.integer({ min: 1, max: 9_999_999 }).map((thousandths) => thousandths / 1_000),
);
const anySource = fc.record({
  kind: fc.constantFrom<PriceSource['kind'][]>('spot', 'spot', 'token'),
  weight: weights,
  isLive: fc.boolean(),
  basis: fc.option(fc.integer({ min: -1_000, max: 1_000 }), { nil: undefined }),
});
const anyStep = fc.record({
  source: fc.constantFrom(...names),
  mid: mids,
  halfSpread: fc.constantFrom(0, 1, 30, 200),
  digits: fc.constantFrom(2, 3, 7),
  late: fc.integer({ min: 0, max: 3_000 }),
  pass: fc.constantFrom(0, 10, 1_000, 61_000),
  isOpen: fc.boolean(),
});
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

const toQuote = ({ source, mid, halfSpread, digits, late }: Step, now: number): SourceQuote => ({
  source,
  bid: amount(mid - halfSpread, digits),
  ask: amount(mid + halfSpread, digits),
  time: now - late,
});

/** What the sources of a price say, as it is used. Mid prices are given the spread of others and have no sides of their own. */
const usedSides = ({ sources }: ConsensusPrice) =>
  sources
    .filter(({ bid, ask }) => !new Decimal(bid).eq(ask))
    .map(({ bid, ask, basisBps }) =>
      sidesOf({ bid, ask, basisBps, isMidOnly: false, spreadBps: 3 }, usualLimits.decimals),
    );
const expectWithin = (price: string, values: (string | number)[]) => {
  const [lowest, highest] = [Decimal.min(...values), Decimal.max(...values)];
  if (lowest.gt(price) || highest.lt(price)) throw new Error(`${price} is not from ${lowest} to ${highest}`);
};

describe('whatever sources say', () => {
  test('a bid is below its ask, and neither is outside of what the sources say that it is made of', () => {
    let compared = 0;
    const check = (price: ConsensusPrice) => {
      expect(Number(price.bid)).toBeGreaterThan(0);
      expect(new Decimal(price.bid).lt(price.ask)).toBe(true);
      expect(price.freshSources).toBe(price.sources.length);
      const used = usedSides(price);
      if (used.length < price.sources.length) return;
      compared += 1;
      expectWithin(
        price.bid,
        used.map(({ bid }) => bid),
      );
      expectWithin(
        price.ask,
        used.map(({ ask }) => ask),
      );
    };
    fc.assert(
      fc.property(
        fc.tuple(anySource, anySource, anySource, anySource),
        fc.array(anyStep, { maxLength: 30 }),
        (traits, steps) => {
          const consensus = createConsensus({
            sources: traits.map((trait, index) => aSource(names[index]!, trait)),
            limits: usualLimits,
            bases: new Map(traits.flatMap(({ basis }, index) => (basis === undefined ? [] : [[names[index]!, basis]]))),
          });
          let now = start;
          for (const step of steps) {
            now += step.pass;
            const result = consensus.consider(toQuote(step, now), { now, isOpen: step.isOpen });
            if ('price' in result) check(result.price);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(300);
  });

  test('one of three that lies does not move the price beyond what the other two say', () => {
    const half = 30;
    let lies = 0;
    fc.assert(
      fc.property(
        fc.tuple(weights, weights, weights),
        fc.tuple(fc.integer({ min: 399_500, max: 400_500 }), fc.integer({ min: -1_390, max: 1_390 })),
        fc.array(anyStep, { minLength: 1, maxLength: 20 }),
        ([one, other, liar], [first, apart], steps) => {
          const sources = [
            aSource('a', { weight: one }),
            aSource('b', { weight: other }),
            aSource('c', { weight: liar }),
          ];
          const consensus = createConsensus({ sources, limits: usualLimits });
          const truths = [
            { source: 'a', mid: first },
            { source: 'b', mid: first + apart },
          ];
          let now = start;
          const say = (quote: SourceQuote) => {
            const result = consensus.consider(quote, { now, isOpen: true });
            if (!('price' in result)) return;
            expectWithin(
              result.price.bid,
              truths.map(({ mid }) => amount(mid - half, 2)),
            );
            expectWithin(
              result.price.ask,
              truths.map(({ mid }) => amount(mid + half, 2)),
            );
          };
          for (const step of steps) {
            now += Math.min(step.pass, 1_000);
            for (const { source, mid } of truths)
              say({ source, bid: amount(mid - half, 2), ask: amount(mid + half, 2), time: now });
            say(toQuote({ ...step, source: 'c' }, now));
            lies += 1;
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(lies).toBeGreaterThan(300);
  });

  test('the quotes of a moment make the same price in whatever order they arrive', () => {
    const moment = fc.array(anyStep, { minLength: 1, maxLength: 12 });
    const makes = (quotes: SourceQuote[]) => {
      const consensus = createConsensus({ sources: names.map((name) => aSource(name)), limits: usualLimits });
      const results = inOrder(quotes).map((quote) => consensus.consider(quote, { now: start, isOpen: true }));
      return results.findLast((result) => 'price' in result);
    };
    fc.assert(
      fc.property(moment, fc.infiniteStream(fc.nat()), (steps, random) => {
        const quotes = steps.map((step, index) => toQuote({ ...step, late: 100 - index }, start));
        const waiting = [...Map.groupBy(quotes, ({ source }) => source).values()].map((each) => [...each]);
        const arrived: SourceQuote[] = [];
        for (const choice of random) {
          const left = waiting.filter((each) => each.length > 0);
          if (left.length === 0) break;
          arrived.push(left[choice % left.length]!.shift()!);
        }
        expect(arrived).toHaveLength(quotes.length);
        expect(makes(arrived)).toEqual(makes(quotes));
      }),
    );
  });

  test('nothing is thrown and no price made of what is none', () => {
    const anyText = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom(
        '',
        '-1',
        '0',
        '0.0000000',
        '0.0000001',
        '999999999999.9999999',
        'NaN',
        '1e9',
        'Infinity',
        '4000',
      ),
    );
    const anyTime = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(start, start + 1, 8.64e15, Number.NaN));
    fc.assert(
      fc.property(
        fc.array(fc.record({ source: fc.constantFrom(...names, 'e'), bid: anyText, ask: anyText, time: anyTime })),
        (quotes) => {
          const sources = names.map((name, index) =>
            aSource(name, { kind: index === 3 ? 'token' : 'spot', isLive: index > 0 }),
          );
          const consensus = createConsensus({
            sources,
            limits: { ...usualLimits, maxSpreadBps: 10_000 },
            bases: new Map([['d', -1_000]]),
          });
          for (const quote of quotes) {
            const result = consensus.consider(quote, { now: start, isOpen: true });
            consensus.confirm(quote.source, { now: start, isOpen: true });
            if ('price' in result) {
              expect(Number(result.price.bid)).toBeGreaterThan(0);
              expect(new Decimal(result.price.bid).lt(result.price.ask)).toBe(true);
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
