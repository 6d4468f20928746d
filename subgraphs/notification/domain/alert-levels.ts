import type { Decimal } from '#shared/decimal.ts';
import { gramsPer, type WeightUnit } from '#shared/weight.ts';

/** Which way the price has to cross the threshold. */
export type PriceAlertCondition = 'CROSS_ABOVE' | 'CROSS_BELOW';

/** What an alert waits for: a price of one unit of weight at a fineness in permille. */
export type AlertThreshold = {
  condition: PriceAlertCondition;
  threshold: Decimal;
  unit: WeightUnit;
  fineness: Decimal;
};

/**
 * A price as alerts compare it, a whole number: twice the price of a fine troy ounce, in units of 10^-12. Twice, because
 * mid is (bid + ask) / 2 and is never divided; so ticks with up to 12 digits after the point are compared exactly.
 */
export type AlertPrice = bigint;

/**
 * The prices at which an alert changes its state. Between two neighbouring whole numbers there is no price, so a threshold
 * that lies between them is rounded to the one that the price reaches when it reaches the threshold: nothing is lost.
 */
export type AlertLevels = {
  /** Fires at this price or beyond. */
  firesAt: AlertPrice;
  /** An alert that has not fired is armed at this price or further back: the nearest one that does not meet the condition. */
  armsAt: AlertPrice;
  /** One that has fired is armed again at this price or further back: the threshold less (or plus) the hysteresis. */
  rearmsAt: AlertPrice;
};

const priceDecimals = 12;
const scale = 10n ** BigInt(priceDecimals);
/** Digits of weights in grams, fineness and thresholds that are taken into account, at least as many as they may have. */
const gramDecimals = 8;
export const finenessDecimals = 4;
export const thresholdDecimals = 8;

/** The mid price of a tick. Digits behind the 12th after the point, which no feed quotes, are cut off. */
export function alertPriceOf(tick: { bid: string; ask: string }): AlertPrice {
  return wholeOf(tick.bid, priceDecimals) + wholeOf(tick.ask, priceDecimals);
}

/**
 * The levels of an alert.
 * @param hysteresisBps how far behind the threshold the price must be before an alert that has fired is armed again, in
 *   basis points of the threshold
 */
export function alertLevelsOf(alert: AlertThreshold, hysteresisBps: number): AlertLevels {
  const { condition, threshold, unit, fineness } = alert;
  // threshold / (unit / ounce) / (fineness / 1000), as one fraction of whole numbers; the powers of ten cancel out but these.
  const numerator =
    2n *
    scale *
    wholeOf(threshold.toFixed(), thresholdDecimals) *
    wholeOf(gramsPer('TROY_OUNCE').toFixed(), gramDecimals) *
    1000n *
    10n ** BigInt(finenessDecimals);
  const denominator =
    10n ** BigInt(thresholdDecimals) *
    wholeOf(gramsPer(unit).toFixed(), gramDecimals) *
    wholeOf(fineness.toFixed(), finenessDecimals);
  const bps = BigInt(hysteresisBps);
  if (condition === 'CROSS_ABOVE') {
    const firesAt = dividedUp(numerator, denominator);
    const rearmsAt = (numerator * (10_000n - bps)) / (denominator * 10_000n);
    return { firesAt, armsAt: firesAt - 1n, rearmsAt: rearmsAt < firesAt ? rearmsAt : firesAt - 1n };
  }
  const firesAt = numerator / denominator;
  const rearmsAt = dividedUp(numerator * (10_000n + bps), denominator * 10_000n);
  return { firesAt, armsAt: firesAt + 1n, rearmsAt: rearmsAt > firesAt ? rearmsAt : firesAt + 1n };
}

/** Whether a price meets the condition of an alert. */
export function isMetAt(condition: PriceAlertCondition, { firesAt }: AlertLevels, price: AlertPrice): boolean {
  return condition === 'CROSS_ABOVE' ? price >= firesAt : price <= firesAt;
}

/** Positive whole numbers, rounded up. */
function dividedUp(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

/** A decimal text without exponent, not negative, times ten to the power of `decimals`; further digits are cut off. */
function wholeOf(text: string, decimals: number): bigint {
  const point = text.indexOf('.');
  if (point < 0) return BigInt(text) * 10n ** BigInt(decimals);
  return BigInt(text.slice(0, point) + text.slice(point + 1, point + 1 + decimals).padEnd(decimals, '0'));
}
