import type { Decimal } from '#shared/decimal.ts';
import { decimal } from '#shared/decimal.ts';
import { midOf, type PriceQuality, type Tick } from '#shared/ticks/tick.ts';
import { pricePerUnit, type WeightUnit } from '#shared/weight.ts';

/** A price of one unit of weight at a fineness in permille, rounded half-even to 8 decimals. */
export type ConvertedPrice = { bid: Decimal; ask: Decimal; mid: Decimal; unit: WeightUnit; fineness: Decimal };

/** How far the mid price has moved; percent of the price before, rounded half-even to 4 decimals. */
export type PriceMove = { amount: Decimal; percent: Decimal };

/** Digits after the point of a converted price. */
const convertedDecimals = 8;

/** Milliseconds since a tick arrived here; never negative, also where a clock has stepped back. */
export function ageMsOf(tick: Pick<Tick, 'receivedAt'>, now: number): number {
  return Math.max(0, now - tick.receivedAt);
}

/** Whether a tick is older than a price may be in an open market, or was made from what was too old already. */
export function isStale(tick: Pick<Tick, 'receivedAt' | 'quality'>, now: number, staleAfterMs: number): boolean {
  return tick.quality === 'STALE' || ageMsOf(tick, now) > staleAfterMs;
}

/** How far a tick can be relied on now: what it was made with, until it is stale. */
export function qualityOf(tick: Pick<Tick, 'receivedAt' | 'quality'>, now: number, staleAfterMs: number): PriceQuality {
  return isStale(tick, now, staleAfterMs) ? 'STALE' : tick.quality;
}

/** The price of a tick in another unit and fineness. @throws DomainError BAD_USER_INPUT for a fineness outside (0, 1000] */
export function convertPrice(tick: { bid: string; ask: string }, unit: WeightUnit, fineness: Decimal): ConvertedPrice {
  const convert = (price: string | Decimal) => pricePerUnit(price, unit, fineness).toDecimalPlaces(convertedDecimals);
  return { bid: convert(tick.bid), ask: convert(tick.ask), mid: convert(midOf(tick)), unit, fineness };
}

/** The move from an earlier mid price to a tick's. */
export function moveSince(before: string | Decimal, tick: { bid: string; ask: string }): PriceMove {
  const then = decimal(before);
  const amount = midOf(tick).minus(then);
  return { amount, percent: amount.div(then).times(100).toDecimalPlaces(4) };
}
