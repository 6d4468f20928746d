import { badInput } from './errors.ts';
import { decimal, type Decimal, type DecimalInput } from './decimal.ts';

export type WeightUnit =
  'GRAM' | 'KILOGRAM' | 'TROY_OUNCE' | 'TOLA' | 'TAEL' | 'BAHT' | 'PENNYWEIGHT' | 'GRAIN' | 'MESGHAL' | 'SOT';

/**
 * Grams of one unit. Troy ounce: LBMA, exact. Tola 0.375 ozt. Tael: Hong Kong. Baht: Thai bullion.
 * Mesghal: 4.608 g (the Tehran market quotes it for 705 fine metal). Sot: 1 mg, Tehran.
 */
const gramsOfOne: Record<WeightUnit, Decimal> = {
  GRAM: decimal('1'),
  KILOGRAM: decimal('1000'),
  TROY_OUNCE: decimal('31.1034768'),
  TOLA: decimal('11.6638038'),
  TAEL: decimal('37.429'),
  BAHT: decimal('15.244'),
  PENNYWEIGHT: decimal('1.55517384'),
  GRAIN: decimal('0.06479891'),
  MESGHAL: decimal('4.608'),
  SOT: decimal('0.001'),
};

/** Digits after the point that a weight in grams keeps. */
export const weightDecimals = 7;

/** Grams in one unit of weight. */
export function gramsPer(unit: WeightUnit): Decimal {
  return gramsOfOne[unit];
}

/** A weight in grams, exact. */
export function toGrams(value: DecimalInput, unit: WeightUnit): Decimal {
  return decimal(value).times(gramsOfOne[unit]);
}

/** Grams in another unit, rounded half-even to 7 decimals. */
export function fromGrams(grams: DecimalInput, unit: WeightUnit): Decimal {
  return decimal(grams).div(gramsOfOne[unit]).toDecimalPlaces(weightDecimals);
}

/** Fine metal in a gross weight; fineness in permille (999.9). Same unit as the weight, exact. */
export function fineWeight(gross: DecimalInput, finenessPermille: DecimalInput): Decimal {
  return decimal(gross).times(checkFineness(finenessPermille)).div(1000);
}

/** Refuses a fineness outside (0, 1000] permille. @throws DomainError BAD_USER_INPUT */
export function checkFineness(permille: DecimalInput): Decimal {
  const value = decimal(permille);
  if (value.lte(0) || value.gt(1000))
    throw badInput('fineness is in permille: more than 0 and at most 1000', { fineness: value.toString() });
  return value;
}

/**
 * The price of one unit of weight at a fineness, from the price of a troy ounce of fine metal.
 * Exact up to the division by the ounce; the caller rounds.
 */
export function pricePerUnit(pricePerOunce: DecimalInput, unit: WeightUnit, finenessPermille: DecimalInput): Decimal {
  return decimal(pricePerOunce)
    .times(gramsOfOne[unit])
    .times(checkFineness(finenessPermille))
    .div(1000)
    .div(gramsOfOne.TROY_OUNCE);
}
