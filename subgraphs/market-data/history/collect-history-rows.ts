import { decimal } from '#shared/decimal.ts';
import { minuteCandles, type Candle, type CandleBasis } from '../domain/candles.ts';
import { closeTimeOf } from '../domain/candle-interval.ts';
import type { CandleValues, ImportedCandle } from './candle-import-repository.ts';
import type { CsvRow } from '../csv-rows.ts';
import { readCandleRow, readTickRow, type RowMeaning, type TickOfRow } from './read-history-row.ts';
import type { RowProblemCode } from './row-problem.ts';
import { createSeenSpans } from './seen-spans.ts';

/** A row whose span an earlier row has spoken of: the two have to be compared. */
export type RepeatedRow = { row: CsvRow; candle: ImportedCandle };

/** What some rows come to. */
export type HistoryChunk = {
  /** Of spans that the file speaks of for the first time: they replace what was imported before. */
  candles: ImportedCandle[];
  /** Of spans whose other ticks came in earlier chunks: they are added to those. */
  additions: ImportedCandle[];
  /** Of spans that came in earlier chunks and are not added to. */
  repeated: RepeatedRow[];
};

/** Turns rows into candles, a chunk at a time; it holds the rows of that chunk, and a bit for each span of the file. */
export type RowCollector = {
  /** Takes a row. @returns why it is not taken, undefined where it is */
  add(row: CsvRow): RowProblemCode | undefined;
  /** What has come together since the last time. */
  take(): HistoryChunk;
};

/** Collects the rows of a file of candles. The first of several rows of one time counts. */
export function createCandleCollector(meaning: RowMeaning<'candles'>, basis: CandleBasis): RowCollector {
  const seen = createSeenSpans(meaning.interval);
  let candles = new Map<number, ImportedCandle>();
  let repeated: RepeatedRow[] = [];
  return {
    add(row) {
      const read = readCandleRow(row.fields, meaning);
      if ('problem' in read) return read.problem;
      const { openTime } = read;
      const candle = { ...read, basis, firstAt: openTime, lastAt: closeTimeOf(meaning.interval, openTime) - 1 };
      const earlier = candles.get(openTime);
      if (earlier) return isSameCandle(earlier, candle) ? undefined : 'REPEATED';
      if (seen.has(openTime)) repeated.push({ row, candle });
      else candles.set(openTime, candle);
      seen.add(openTime);
      return undefined;
    },
    take() {
      const chunk = { candles: [...candles.values()], additions: [], repeated };
      [candles, repeated] = [new Map(), []];
      return chunk;
    },
  };
}

/** Collects the rows of a file of ticks, in any order, into minutes of the three bases, as live ticks become them. */
export function createTickCollector(meaning: RowMeaning<'ticks'>): RowCollector {
  const seen = createSeenSpans(meaning.interval);
  let ticks: TickOfRow[] = [];
  return {
    add(row) {
      const tick = readTickRow(row.fields, meaning);
      if ('problem' in tick) return tick.problem;
      ticks.push(tick);
      return undefined;
    },
    take() {
      const minutes = minuteCandles(ticks).map(({ basis, candle }) => asImported(basis, candle));
      const additions = minutes.filter(({ openTime }) => seen.has(openTime));
      const candles = minutes.filter(({ openTime }) => !seen.has(openTime));
      for (const { openTime } of candles) seen.add(openTime);
      ticks = [];
      return { candles, additions, repeated: [] };
    },
  };
}

/** Whether two candles say the same prices, however they are written, and count the same ticks. */
export function isSameCandle(one: CandleValues, other: CandleValues): boolean {
  const isSamePrice = (name: 'open' | 'high' | 'low' | 'close') =>
    one[name] === other[name] || decimal(one[name]).eq(other[name]);
  return (['open', 'high', 'low', 'close'] as const).every(isSamePrice) && one.tickCount === other.tickCount;
}

function asImported(basis: CandleBasis, { open, high, low, close, ...rest }: Candle): ImportedCandle {
  const [openText, highText, lowText, closeText] = [open, high, low, close].map((price) => price.toFixed());
  return { ...rest, basis, open: openText!, high: highText!, low: lowText!, close: closeText! };
}
