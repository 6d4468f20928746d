import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Decimal } from '#shared/decimal.ts';
import type { ConsensusPrice } from './consensus.ts';
import { crossPrice, priceDecimals } from './cross-price.ts';
import type { Rate } from './rates.ts';

const gold: ConsensusPrice & { symbol: string } = {
  symbol: 'XAU-USD',
  bid: '4084.30',
  ask: '4084.91',
  time: 2_000,
  quality: 'GOOD',
  sources: [{ name: 'spot', bid: '4084.30', ask: '4084.91', time: 2_000 }],
  freshSources: 2,
  feedPosition: '7',
};
const aRate = (bid: string, ask: string, more: Partial<Rate> = {}): Rate => ({
  bid: new Decimal(bid),
  ask: new Decimal(ask),
  time: 1_000,
  sources: [{ name: 'bank', symbol: 'USD-EUR', bid, ask, time: 1_000 }],
  isFresh: true,
  ...more,
});

describe('a price in another currency', () => {
  test('is the product of bids rounded down and of asks rounded up', () => {
    // 4084.30 × 0.8611 = 3516.990730, 4084.91 × 0.8613 = 3518.332983
    expect(crossPrice(gold, aRate('0.8611', '0.8613'))).toEqual({
      bid: '3516.990',
      ask: '3518.333',
      time: 1_000,
      movedAt: 2_000,
      quality: 'GOOD',
      sources: [
        { name: 'spot', symbol: 'XAU-USD', bid: '4084.30', ask: '4084.91', time: 2_000 },
        { name: 'bank', symbol: 'USD-EUR', bid: '0.8611', ask: '0.8613', time: 1_000 },
      ],
      freshSources: 2,
    });
    expect(crossPrice(gold, aRate('0.8611', '0.8613'), 1)).toMatchObject({ bid: '3516.9', ask: '3518.4' });
  });

  test('is as good as the worse of both, and stale with an old rate', () => {
    const quality = (metal: ConsensusPrice['quality'], isFresh: boolean) =>
      crossPrice({ ...gold, quality: metal }, aRate('2', '2', { isFresh })).quality;
    expect((['GOOD', 'DEGRADED', 'INDICATIVE', 'STALE'] as const).map((each) => quality(each, true))).toEqual([
      'GOOD',
      'DEGRADED',
      'INDICATIVE',
      'STALE',
    ]);
    expect(quality('INDICATIVE', false)).toBe('STALE');
  });

  test('moved when its newer part did, which is not said where both are of one time', () => {
    expect(crossPrice(gold, aRate('2', '2', { time: 3_000 }))).toMatchObject({ time: 2_000, movedAt: 3_000 });
    expect(crossPrice(gold, aRate('2', '2', { time: 2_000 }))).not.toHaveProperty('movedAt');
  });

  test('keeps bid below ask', () => {
    const price = fc.integer({ min: 1, max: 2 ** 40 }).map((units) => new Decimal(units).div(10_000));
    fc.assert(
      fc.property(price, price, fc.nat(6), (bid, rate, decimals) => {
        const metal = { ...gold, bid: bid.toFixed(), ask: bid.plus('0.0001').toFixed() };
        const cross = crossPrice(metal, aRate(rate.toFixed(), rate.toFixed()), decimals);
        expect(new Decimal(cross.bid).lt(cross.ask)).toBe(true);
        expect(rate.times(bid).gte(cross.bid) && rate.times(metal.ask).lte(cross.ask)).toBe(true);
      }),
    );
  });
});

describe('digits of a price', () => {
  test.each([
    ['gold in dollars', '4084.3', 3],
    ['gold in dinars of Kuwait', '1253', 3],
    ['gold in lira', '173000', 1],
    ['gold in yen', '630000', 1],
    ['gold in won', '5900000', 0],
    ['gold in rials', '4697000000', 0],
    ['silver in dollars', '50.9', 4],
    ['silver in dinars of Kuwait', '15.6', 4],
    ['silver in yen', '7860', 3],
    ['silver in rials', '58535000', 0],
  ])('of %s', (_name, price, digits) => {
    expect(priceDecimals(new Decimal(price))).toBe(digits);
  });

  test('make a step of at most a tenth of a basis point of any price of 10 or more', () => {
    fc.assert(
      fc.property(fc.double({ min: 10, max: 1e12, noNaN: true }), (price) => {
        expect((10 ** -priceDecimals(new Decimal(price)) / price) * 10_000).toBeLessThanOrEqual(0.1 + 1e-9);
      }),
    );
  });
});
