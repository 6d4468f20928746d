import type { Decimal } from '#shared/decimal.ts';
import { badInput, DomainError } from '#shared/errors.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import { midOf, movedAtOf, type Tick } from '#shared/ticks/tick.ts';
import type { PastCloses, PastPriceRepository } from './past-price-repository.ts';
import type { TickHistoryRepository } from './tick-history-repository.ts';

/** A price of the past for a troy ounce; what is not known is null. `time` in epoch milliseconds. */
export type HistoricalPrice = {
  /** Null where only candles are known of that time. */
  sequence: number | null;
  bid: Decimal | string | null;
  ask: Decimal | string | null;
  mid: Decimal | string | null;
  /** When the tick was made, or the end of the candle whose close this is. */
  time: number;
};

export type HistoricalPriceService = {
  /**
   * The price that held at an instant, epoch milliseconds: of the last tick that had moved by then, or the closes of the
   * last candle that had ended. Null when nothing is known from so early.
   * @throws DomainError BAD_USER_INPUT for an instant in the future
   */
  priceAt(symbol: string, at: number): Promise<HistoricalPrice | null>;
};

const minuteMs = 60_000;

export function createHistoricalPriceService(options: {
  ticks: Pick<TickHistoryRepository, 'lastBefore' | 'writtenSequence'>;
  pastPrices: Pick<PastPriceRepository, 'closesBefore'>;
  follower: Pick<TickFollower, 'latest' | 'ticks'>;
  clock: () => number;
}): HistoricalPriceService {
  const { ticks, pastPrices, follower, clock } = options;

  /** Of the ticks that are not in the history yet, the last that had moved: the history is about a second behind. */
  async function lastUnwritten(symbol: string, at: number): Promise<Tick | undefined> {
    const newest = follower.latest(symbol)?.sequence ?? 0;
    const after = await ticks.writtenSequence(symbol);
    if (newest <= after) return undefined;
    const reading = new AbortController();
    let last: Tick | undefined;
    try {
      for await (const tick of follower.ticks(symbol, { after, signal: reading.signal })) {
        if (movedAtOf(tick) <= at && isLater(tick, last)) last = tick;
        if (tick.sequence >= newest) break;
      }
    } catch (error) {
      // Ticks were lost before they came into the history: what is in it is all that is known.
      if (!(error instanceof DomainError && error.code === 'SEQUENCE_TOO_OLD')) throw error;
    }
    return last;
  }

  return {
    async priceAt(symbol, at) {
      if (at > clock()) throw badInput('at must not be in the future');
      // First what is not written yet: what is written meanwhile is then found in the history too.
      const unwritten = await lastUnwritten(symbol, at);
      const written = await ticks.lastBefore(symbol, at);
      const [closes] = await pastPrices.closesBefore([{ symbol, at }]);
      const tick = unwritten && isLater(unwritten, written) ? unwritten : written;
      // Ticks are kept for days and candles for ever: behind the last tick that is kept there may be candles of others.
      if (tick && !(closes && endsLaterThan(closes, tick))) return priceOfTick(tick);
      return closes ? priceOfCloses(closes) : null;
    },
  };
}

/** A tick that moved in the same millisecond as another one holds when it has the larger sequence. */
function isLater(tick: Tick, than: Tick | undefined): boolean {
  return (
    !than || movedAtOf(tick) > movedAtOf(than) || (movedAtOf(tick) === movedAtOf(than) && tick.sequence > than.sequence)
  );
}

/** Whether a candle knows of a later minute than the tick's own: of that one the tick says more. */
function endsLaterThan({ lastAt }: PastCloses, tick: Tick): boolean {
  return Math.floor(lastAt / minuteMs) > Math.floor(movedAtOf(tick) / minuteMs);
}

function priceOfTick(tick: Tick): HistoricalPrice {
  const { sequence, bid, ask, time } = tick;
  return { sequence, bid, ask, mid: midOf(tick), time };
}

function priceOfCloses({ bid, ask, mid, closeTime }: PastCloses): HistoricalPrice {
  const middle = mid ?? (bid !== null && ask !== null ? midOf({ bid, ask }) : null);
  return { sequence: null, bid, ask, mid: middle, time: closeTime };
}
