import { badInput } from '#shared/errors.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import type { CandleRepository, CandleRow } from './candle-repository.ts';
import { closeTimeOf, nextOpenTime, type CandleInterval } from './domain/candle-interval.ts';

/** The mid prices of one span: decimals as text, times in epoch milliseconds. */
export type Candle = CandleRow & { closeTime: number; isClosed: boolean };

export type CandleQuery = {
  interval: CandleInterval;
  /** Only candles that open in [from, to), epoch milliseconds. */
  from?: number | undefined;
  to?: number | undefined;
  first?: number | undefined;
  after?: string | undefined;
};

export type CandleService = {
  /**
   * A page of candles, oldest first; without `from` and `after` the latest ones.
   * @throws DomainError BAD_USER_INPUT for `first` outside 1 to 1000, a cursor of another list, or `from` after `to`
   */
  candles(symbol: string, query: CandleQuery): Promise<Page<Candle>>;
};

const usualPage = 100;
const longestPage = 1_000;

export function createCandleService(options: { repository: CandleRepository; clock: () => number }): CandleService {
  const { repository, clock } = options;
  return {
    async candles(symbol, { interval, from, to, first = usualPage, after }) {
      const size = pageSize(first, longestPage);
      if (from !== undefined && to !== undefined && from > to) throw badInput('from must not be after to');
      const behind = after === undefined ? undefined : openTimeOfCursor(after, symbol, interval);
      const bounds = [from, behind].flatMap((time) => (time === undefined ? [] : [nextOpenTime(interval, time)]));
      const latest = bounds.length === 0;
      const rows = await repository.candles({
        symbol,
        interval,
        from: latest ? undefined : Math.max(...bounds),
        to: to === undefined ? undefined : nextOpenTime(interval, to),
        count: latest ? size : size + 1,
        latest,
      });
      const now = clock();
      const candles = rows.map((row) => {
        const closeTime = closeTimeOf(interval, row.openTime);
        return { ...row, closeTime, isClosed: closeTime <= now };
      });
      return toPage(candles, size, ({ openTime }) => [symbol, interval, String(openTime)]);
    },
  };
}

/** Candles behind a cursor open at least a millisecond after its own. */
function openTimeOfCursor(cursor: string, symbol: string, interval: CandleInterval): number {
  const [ofSymbol, ofInterval, openTime] = decodeCursor(cursor, 3);
  const time = Number(openTime);
  if (ofSymbol !== symbol || ofInterval !== interval || !Number.isSafeInteger(time))
    throw badInput('after is a cursor of another list of candles');
  return time + 1;
}
