import { Decimal } from '#shared/decimal.ts';
import { currencyExponent, type Money, type RoundingMode } from '#shared/money.ts';
import type { TradeSide } from './priced-product.ts';

/** How a line is rounded where its rule says nothing else. */
export type LineRounding = Record<TradeSide, RoundingMode>;

/** The dealers' rule: up what the customer pays, down what the customer receives. */
export const dealerRounding: LineRounding = { BUY: 'UP', SELL: 'DOWN' };

/**
 * Rounds a line at its currency's exponent. Unlike money elsewhere UP is towards a larger total and DOWN towards a
 * smaller one, so that a line that takes something away is rounded in the same party's favour.
 */
export function roundLine(amount: Decimal, currency: string, mode: RoundingMode): Money {
  return { amount: amount.toDecimalPlaces(currencyExponent(currency), roundings[mode]), currency };
}

/** Rounds an amount to a multiple of a step, such as 10000 rials. UP and DOWN are as for lines. */
export function roundToStep(amount: Decimal, step: Decimal, mode: RoundingMode): Decimal {
  return amount.div(step).toDecimalPlaces(0, roundings[mode]).times(step);
}

const roundings = {
  UP: Decimal.ROUND_CEIL,
  DOWN: Decimal.ROUND_FLOOR,
  HALF_UP: Decimal.ROUND_HALF_UP,
  HALF_EVEN: Decimal.ROUND_HALF_EVEN,
} as const satisfies Record<RoundingMode, number>;
