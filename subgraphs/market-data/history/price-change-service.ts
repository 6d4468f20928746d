import DataLoader from 'dataloader';
import { withDeadline } from '#shared/deadline.ts';
import { movedAtOf, type Tick } from '#shared/ticks/tick.ts';
import type { PastPriceRepository, PriceBefore, PriceQuestion } from './past-price-repository.ts';
import { moveSince, type PriceMove } from '../domain/spot-price.ts';

export type ChangeWindow = 'HOUR' | 'DAY' | 'WEEK' | 'MONTH';
export type PriceChange = PriceMove & { since: number };

export type PriceChangeService = {
  /** How the mid price has moved over a window that ends with this tick; null when nothing is known from before. */
  changeUntil(tick: Tick, window: ChangeWindow): Promise<PriceChange | null>;
};

const hour = 3_600_000;
const windowMs: Record<ChangeWindow, number> = {
  HOUR: hour,
  DAY: 24 * hour,
  WEEK: 7 * 24 * hour,
  MONTH: 30 * 24 * hour,
};

export function createPriceChangeService(repository: Pick<PastPriceRepository, 'pricesBefore'>): PriceChangeService {
  // Questions of one moment are asked together, in one statement; answers are not kept, because candles grow.
  const loader = new DataLoader<PriceQuestion, PriceBefore | undefined>(
    // It is asked for several requests at once: the deadline of none of them is to cut off the others.
    (questions) => withDeadline(undefined, async () => await repository.pricesBefore(questions)),
    { cache: false },
  );
  return {
    async changeUntil(tick, window) {
      // The tick's own time, not the clock's: so a closed market shows its last day, and a replay the recorded one.
      const before = await loader.load({ symbol: tick.symbol, at: movedAtOf(tick) - windowMs[window] });
      return before ? { ...moveSince(before.mid, tick), since: before.since } : null;
    },
  };
}
