import { describe, expect, test } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { convertPrice, isStale, moveSince, qualityOf } from './spot-price.ts';

const tick = { bid: '5019.315', ask: '5019.315' };

describe('spot prices', () => {
  // The published sample of goldapi.io: one price by the gram at 24, 22, 21 and 18 karat.
  test.each([
    ['1000', '161.3747'],
    [decimal(22000).div(24).toString(), '147.9268'],
    ['875', '141.2029'],
    ['750', '121.0310'],
  ])('a gram of fineness %s costs %s', (fineness, expected) => {
    expect(convertPrice(tick, 'GRAM', decimal(fineness)).mid.toFixed(4)).toBe(expected);
  });

  test('a fine troy ounce costs what the market says, and a kilogram is rounded to 8 decimals', () => {
    expect(convertPrice(tick, 'TROY_OUNCE', decimal(1000)).bid.toFixed()).toBe('5019.315');
    expect(convertPrice(tick, 'KILOGRAM', decimal(1000)).bid.decimalPlaces()).toBe(8);
  });

  test.each(['0', '1000.1'])('a fineness of %s is refused', (fineness) => {
    expect(() => convertPrice(tick, 'GRAM', decimal(fineness))).toThrow('permille');
  });

  test('a price is stale only after the limit, and its quality says so', () => {
    const price = { receivedAt: 1_000, quality: 'DEGRADED' as const };
    expect([isStale(price, 16_000, 15_000), isStale(price, 16_001, 15_000)]).toEqual([false, true]);
    expect([qualityOf(price, 16_000, 15_000), qualityOf(price, 16_001, 15_000)]).toEqual(['DEGRADED', 'STALE']);
  });

  test('a price that was made from a rate which is too old is stale at any age', () => {
    const price = { receivedAt: 1_000, quality: 'STALE' as const };
    expect([isStale(price, 1_000, 15_000), qualityOf(price, 1_000, 15_000)]).toEqual([true, 'STALE']);
  });

  test('a move is exact, its percent rounded to 4 decimals, negative when the price fell', () => {
    const move = moveSince('4100.00000000', { bid: '4084', ask: '4084.5' });
    expect([move.amount.toFixed(), move.percent.toFixed()]).toEqual(['-15.75', '-0.3841']);
  });
});
