import { badInput } from './errors.ts';
import { Decimal, decimal, type DecimalInput } from './decimal.ts';

/** An amount of money. `amount` has at most the digits after the point that the currency's exponent allows. */
export type Money = { amount: Decimal; currency: string };
export type RoundingMode = 'UP' | 'DOWN' | 'HALF_UP' | 'HALF_EVEN';

/**
 * Digits after the point for each currency that is traded here (ISO 4217). The rial is 2 in ISO and 0 in use: 0 here.
 */
const exponents: Record<string, number> = {
  USD: 2,
  EUR: 2,
  GBP: 2,
  TRY: 2,
  AED: 2,
  CNY: 2,
  INR: 2,
  CHF: 2,
  JPY: 0,
  KRW: 0,
  IRR: 0,
  KWD: 3,
  BHD: 3,
  OMR: 3,
};

const roundings = {
  UP: Decimal.ROUND_UP,
  DOWN: Decimal.ROUND_DOWN,
  HALF_UP: Decimal.ROUND_HALF_UP,
  HALF_EVEN: Decimal.ROUND_HALF_EVEN,
} as const satisfies Record<RoundingMode, number>;

/** The currencies that amounts may be in, as ISO 4217 codes. */
export const currencies: readonly string[] = Object.keys(exponents);

/** Digits after the point of a currency. @throws DomainError BAD_USER_INPUT for a currency that is not traded here */
export function currencyExponent(currency: string): number {
  const exponent = exponents[currency];
  if (exponent === undefined)
    throw badInput(`${currency} is not a currency that is traded here`, { currencies: [...currencies] });
  return exponent;
}

/** Rounds an amount to its currency's exponent. UP is away from zero, DOWN towards it. */
export function roundMoney(amount: DecimalInput, currency: string, mode: RoundingMode): Money {
  return { amount: decimal(amount).toDecimalPlaces(currencyExponent(currency), roundings[mode]), currency };
}

/** An amount as it goes over the wire: every digit of the currency, never an exponent (`"1234.50"`). */
export function moneyToWire(money: Money): { amount: string; currency: string } {
  return { amount: money.amount.toFixed(currencyExponent(money.currency)), currency: money.currency };
}
