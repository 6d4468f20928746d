import { describe, expect, test } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { alertLevelsOf, alertPriceOf, isMetAt, type AlertThreshold } from './alert-levels.ts';

const alert = (values: Partial<Record<'condition' | 'threshold' | 'unit' | 'fineness', string>> = {}) =>
  ({
    condition: values.condition ?? 'CROSS_ABOVE',
    threshold: decimal(values.threshold ?? '4200'),
    unit: values.unit ?? 'TROY_OUNCE',
    fineness: decimal(values.fineness ?? '1000'),
  }) as AlertThreshold;

/** The price of a tick whose mid this is. */
const mid = (text: string) => alertPriceOf({ bid: text, ask: text });

describe('the levels of an alert', () => {
  test('compare the exact middle of bid and ask', () => {
    expect(alertPriceOf({ bid: '4199.99', ask: '4200.010' })).toBe(mid('4200'));
    expect(alertPriceOf({ bid: '4199.999999999999', ask: '4200' })).toBe(mid('4200') - 1n);
  });

  test('are the threshold itself where it is the price of a fine ounce', () => {
    const levels = alertLevelsOf(alert(), 10);
    expect(levels.firesAt).toBe(mid('4200'));
    expect(levels.rearmsAt).toBe(mid('4195.8'));
    expect(isMetAt('CROSS_ABOVE', levels, mid('4200'))).toBe(true);
    expect(isMetAt('CROSS_ABOVE', levels, mid('4200') - 1n)).toBe(false);
  });

  test('mirror each other above and below', () => {
    const levels = alertLevelsOf(alert({ condition: 'CROSS_BELOW' }), 10);
    expect(levels).toEqual({ firesAt: mid('4200'), armsAt: mid('4200') + 1n, rearmsAt: mid('4204.2') });
    expect(isMetAt('CROSS_BELOW', levels, mid('4200.000000000001'))).toBe(false);
  });

  test('take fineness and unit into account', () => {
    expect(alertLevelsOf(alert({ threshold: '3150', fineness: '750' }), 0).firesAt).toBe(mid('4200'));
    expect(alertLevelsOf(alert({ threshold: '1575', unit: 'TOLA' }), 0).firesAt).toBe(mid('4200'));
    expect(alertLevelsOf(alert({ threshold: '210', unit: 'PENNYWEIGHT' }), 0).firesAt).toBe(mid('4200'));
  });

  test.each([
    ['CROSS_ABOVE', 'GRAM', '135.0331', '750'],
    ['CROSS_ABOVE', 'MESGHAL', '441.7', '705'],
    ['CROSS_BELOW', 'GRAM', '135.0331', '916.6667'],
    ['CROSS_BELOW', 'KILOGRAM', '135033.12345678', '999.9'],
  ])('%s a price of a %s (%s at %s) is met exactly where the converted price meets it', (condition, unit, ...rest) => {
    const [threshold, fineness] = rest;
    const levels = alertLevelsOf(alert({ condition, unit, threshold, fineness }), 10);
    const grams = { GRAM: '1', KILOGRAM: '1000', MESGHAL: '4.608' }[unit as 'GRAM'];
    /** price × unit × fineness against threshold × ounce × 1000, without any division; prices are doubled 10^-12. */
    const isMet = (price: bigint) => {
      const left = decimal(price).times(grams).times(fineness);
      const right = decimal(threshold).times('31.1034768').times(1000).times('2e12');
      return condition === 'CROSS_ABOVE' ? left.gte(right) : left.lte(right);
    };
    const outwards = condition === 'CROSS_ABOVE' ? 1n : -1n;
    expect(isMet(levels.firesAt)).toBe(true);
    expect(isMet(levels.firesAt - outwards)).toBe(false);
    expect(levels.armsAt).toBe(levels.firesAt - outwards);
  });

  test('never let an alert arm where it would fire, also without hysteresis', () => {
    expect(alertLevelsOf(alert(), 0).rearmsAt).toBe(mid('4200') - 1n);
    expect(alertLevelsOf(alert({ condition: 'CROSS_BELOW' }), 0).rearmsAt).toBe(mid('4200') + 1n);
  });
});
