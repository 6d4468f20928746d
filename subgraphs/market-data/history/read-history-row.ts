import { Decimal } from '#shared/decimal.ts';
import { closeTimeOf, openTimeOf } from '../domain/candle-interval.ts';
import type { StoredInterval } from '../domain/stored-interval.ts';
import { problemOfPrices } from '../domain/validate-quote.ts';
import type { CandleRow } from './candle-repository.ts';
import type { HistoryFormat } from './history-format.ts';
import { instantOfText } from '../instant-of-text.ts';
import type { RowProblemCode } from './row-problem.ts';

/** What the rows of a file are read as. `now`: spans that end later are not over; epoch milliseconds. */
export type RowMeaning<Kind extends HistoryFormat['kind'] = HistoryFormat['kind']> = {
  format: Extract<HistoryFormat, { kind: Kind }>;
  interval: StoredInterval;
  now: number;
};

/** A candle of a file; prices exactly as they are written. */
export type CandleOfRow = Omit<CandleRow, 'firstAt' | 'lastAt'>;
export type TickOfRow = { time: number; bid: string; ask: string };

type Problem = { problem: RowProblemCode };

/** What the columns of candles hold. Middle prices of quotes with 7 decimals have 8. */
const pricePattern = /^\d{1,12}(\.\d{1,8})?$/;
const mostTicks = 2 ** 31 - 1;

/** Reads a row of a file of candles. */
export function readCandleRow(
  fields: readonly string[],
  { format, interval, now }: RowMeaning<'candles'>,
): CandleOfRow | Problem {
  if (fields.length !== format.columns) return { problem: 'WRONG_COLUMNS' };
  const openTime = instantOfText(fields[format.time]!);
  if (openTime === undefined) return { problem: 'UNREADABLE_TIME' };
  const [open, high, low, close] = [
    fields[format.open]!,
    fields[format.high]!,
    fields[format.low]!,
    fields[format.close]!,
  ];
  const problem = problemOfCandle(open, high, low, close);
  if (problem) return { problem };
  const ticks = format.ticks === undefined ? '0' : fields[format.ticks]!;
  if (!/^\d{1,10}$/.test(ticks) || Number(ticks) > mostTicks) return { problem: 'UNREADABLE_TICKS' };
  if (openTimeOf(interval, openTime) !== openTime) return { problem: 'OFF_GRID' };
  if (closeTimeOf(interval, openTime) > now) return { problem: 'NOT_OVER' };
  return { openTime, open, high, low, close, tickCount: Number(ticks) };
}

/** Reads a row of a file of ticks. Its minute has to be over: a candle of half a minute would stay one. */
export function readTickRow(
  fields: readonly string[],
  { format, interval, now }: RowMeaning<'ticks'>,
): TickOfRow | Problem {
  if (fields.length !== format.columns) return { problem: 'WRONG_COLUMNS' };
  const time = instantOfText(fields[format.time]!);
  if (time === undefined) return { problem: 'UNREADABLE_TIME' };
  const [bid, ask] = [fields[format.bid]!, fields[format.ask]!];
  const problem = problemOfPrices({ bid, ask });
  if (problem) return { problem };
  if (closeTimeOf(interval, openTimeOf(interval, time)) > now) return { problem: 'NOT_OVER' };
  return { time, bid, ask };
}

function problemOfCandle(open: string, high: string, low: string, close: string): RowProblemCode | undefined {
  if (![open, high, low, close].every((price) => pricePattern.test(price))) return 'UNREADABLE_PRICE';
  const [lowest, highest] = [new Decimal(low), new Decimal(high)];
  if (lowest.gt(highest)) return 'LOW_ABOVE_HIGH';
  if (lowest.lte(0)) return 'NOT_POSITIVE';
  const isInside = [open, close].every((price) => lowest.lte(price) && highest.gte(price));
  return isInside ? undefined : 'OUTSIDE_LOW_AND_HIGH';
}
