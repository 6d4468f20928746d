import { Decimal as DecimalJs } from 'decimal.js';

/** Exact decimal arithmetic with 40 significant digits: enough for any sum of money or metal, rounded nowhere on the way. */
export const Decimal = DecimalJs.clone({
  precision: 40,
  toExpNeg: -40,
  toExpPos: 40,
  rounding: DecimalJs.ROUND_HALF_EVEN,
});
export type Decimal = DecimalJs;
export type DecimalInput = DecimalJs | string | number | bigint;

/** Makes an exact decimal. A JavaScript number is taken only when it is a whole one, because fractions are not exact. */
export function decimal(value: DecimalInput): Decimal {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new TypeError(`${value} is not an exact number`);
  return new Decimal(typeof value === 'bigint' ? value.toString() : value);
}

/** The sum of exact decimals; zero for none. */
export function sum(values: Iterable<Decimal>): Decimal {
  let total = new Decimal(0);
  for (const value of values) total = total.plus(value);
  return total;
}
