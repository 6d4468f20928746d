import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { Tick } from '#shared/ticks/tick.ts';

/** How late staleness may show: clients are promised a second. */
const lookEveryMs = 250;

/**
 * Makes staleness show by itself: everyone who follows a price that has become stale is reminded of it, once for each
 * tick. One timer for all symbols, however many follow them.
 */
export function createStalePriceReminder(options: {
  follower: Pick<TickFollower, 'latest' | 'remind'>;
  symbols: () => Iterable<string>;
  isStale: (tick: Tick) => boolean;
}): { start(): void; stop(): void } {
  const { follower } = options;
  /** By symbol, the sequence that was reminded of. */
  const reminded = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    for (const symbol of options.symbols()) {
      const latest = follower.latest(symbol);
      if (!latest || latest.sequence === reminded.get(symbol) || !options.isStale(latest)) continue;
      reminded.set(symbol, latest.sequence);
      follower.remind(symbol);
    }
  }

  return {
    start() {
      timer = setInterval(look, lookEveryMs);
    },
    stop: () => clearInterval(timer),
  };
}
