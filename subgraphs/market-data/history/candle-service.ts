import { badInput } from '#shared/errors.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import { closeTimeOf, nextOpenTime, type CandleInterval, type DayBoundary } from '../domain/candle-interval.ts';
import type { CandleBasis } from '../domain/candles.ts';
import { pastLifetime } from '../domain/past-lifetime.ts';
import type { CandleRepository, CandleRow, CandleSeries } from './candle-repository.ts';

/** How one price moved in one span: decimals as text, times in epoch milliseconds. */
export type Candle = CandleRow & { basis: CandleBasis; closeTime: number; isClosed: boolean };

export type CandleQuery = {
  interval: CandleInterval;
  basis?: CandleBasis | undefined;
  dayBoundary?: DayBoundary | undefined;
  /** Only candles that open in [from, to), epoch milliseconds. */
  from?: number | undefined;
  to?: number | undefined;
  first?: number | undefined;
  after?: string | undefined;
};

/** A page of candles, and for how many seconds it may be kept: while it can still grow, not at all. */
export type CandlePage = Page<Candle> & { lifetime: number };

export type CandleService = {
  /**
   * A page of candles, oldest first; without `from` and `after` the latest ones.
   * @throws DomainError BAD_USER_INPUT for `first` outside 1 to 1000, a cursor of another list, or `from` after `to`
   */
  candles(symbol: string, query: CandleQuery): Promise<CandlePage>;
};

const usualPage = 100;
const longestPage = 1_000;

/** @param options.watermarkMs how long a candle waits for late ticks behind its end before it counts as closed */
export function createCandleService(options: {
  repository: Pick<CandleRepository, 'candles'>;
  watermarkMs: number;
  clock: () => number;
}): CandleService {
  const { repository, watermarkMs, clock } = options;
  return {
    async candles(symbol, { interval, basis = 'MID', dayBoundary = 'UTC', from, to, first = usualPage, after }) {
      const series = { symbol, interval, basis, dayBoundary };
      const size = pageSize(first, longestPage);
      if (from !== undefined && to !== undefined && from > to) throw badInput('from must not be after to');
      const behind = after === undefined ? undefined : openTimeOfCursor(after, series);
      const openingFrom = (time: number) => nextOpenTime(interval, time, dayBoundary);
      const bounds = [from, behind].flatMap((time) => (time === undefined ? [] : [openingFrom(time)]));
      const latest = bounds.length === 0;
      const end = to === undefined ? undefined : openingFrom(to);
      const rows = await repository.candles({
        ...series,
        from: latest ? undefined : Math.max(...bounds),
        to: end,
        count: latest ? size : size + 1,
        latest,
      });
      const now = clock();
      const candles = rows.map((row) => {
        const closeTime = closeTimeOf(interval, row.openTime, dayBoundary);
        return { ...row, basis, closeTime, isClosed: closeTime + watermarkMs <= now };
      });
      const page = toPage(candles, size, ({ openTime }) => [...keyOf(series), String(openTime)]);
      // A page that another one follows is full; any other may grow until its end.
      const isOver = page.pageInfo.hasNextPage ? page.nodes.at(-1)!.closeTime : end;
      return { ...page, lifetime: isOver === undefined ? 0 : pastLifetime(isOver, now, watermarkMs) };
    },
  };
}

function keyOf({ symbol, interval, basis, dayBoundary }: CandleSeries): string[] {
  return [symbol, interval, basis, dayBoundary];
}

/** The end of the year 9999, epoch milliseconds: PostgreSQL and JavaScript write no year beyond it alike. */
const farthestTime = 253_402_300_799_999;

/** Candles behind a cursor open at least a millisecond after its own. */
function openTimeOfCursor(cursor: string, series: CandleSeries): number {
  const key = decodeCursor(cursor, 5);
  const time = Number(key.pop());
  if (
    keyOf(series).some((part, index) => part !== key[index]) ||
    !Number.isSafeInteger(time) ||
    Math.abs(time) > farthestTime
  )
    throw badInput('after is a cursor of another list of candles');
  return time + 1;
}
