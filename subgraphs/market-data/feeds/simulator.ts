import { nextUniform } from '../domain/random.ts';
import { marketStatus, type MarketHours } from '../domain/market-hours.ts';
import { moveMarket, quotesOf, simulatedSymbols, startMarket } from '../domain/simulated-market.ts';
import type { Feed, RawQuote } from './feed.ts';

/** Gaps between ticks of gold in milliseconds: at least the shortest, and then memoryless; 7 to 8 ticks a second. */
const shortestGapMs = 60;
const meanGapMs = 135;
const longestGapMs = 600;
/** Longest wait before a closed market is looked at again. */
const closedCheckMs = 60_000;

/**
 * A market that is made up, for development, demonstrations and tests without a network. Prices go on from where they were
 * left; gold begins at `xauUsd` dollars where nothing was ever published. A seed repeats the path of prices.
 */
export function createSimulator(options: {
  seed: number;
  xauUsd: number;
  marketHours: MarketHours;
  clock: () => number;
}): Feed {
  const { seed, clock } = options;
  let timer: NodeJS.Timeout | undefined;
  let lastQuoteAt: number | undefined;
  const isOpen = () => marketStatus(options.marketHours, clock()).state === 'OPEN';

  return {
    name: 'simulator',
    symbols: simulatedSymbols,
    async start({ resumeFrom, onQuotes }) {
      const mids = Object.fromEntries([...resumeFrom].map(([symbol, { mid }]) => [symbol, Number(mid)]));
      let market = startMarket(seed, { 'XAU-USD': options.xauUsd, ...mids });
      // Gaps are drawn from a state of their own, so that the timers do not change the path of prices.
      let gaps = seed ^ 0x9e3779b9;
      const sent = new Map<string, string>();
      const send = () => {
        const time = clock();
        const quotes = changedQuotes(quotesOf(market), sent).map((quote) => ({ ...quote, time }));
        lastQuoteAt = time;
        onQuotes(quotes);
      };
      const next = () => {
        const [uniform, after] = nextUniform(gaps);
        gaps = after;
        const drawn = shortestGapMs - (meanGapMs - shortestGapMs) * Math.log(1 - uniform);
        const gapMs = Math.min(longestGapMs, Math.round(drawn));
        timer = setTimeout(() => {
          if (!isOpen()) return waitForOpening();
          market = moveMarket(market, gapMs / 1000);
          send();
          next();
        }, gapMs);
      };
      const waitForOpening = () => {
        const opensAt = marketStatus(options.marketHours, clock()).nextChangeAt ?? 0;
        const waitMs = Math.min(closedCheckMs, Math.max(0, opensAt - clock()));
        timer = setTimeout(() => (isOpen() ? next() : waitForOpening()), waitMs);
      };
      if (isOpen()) send();
      next();
    },
    async stop() {
      clearTimeout(timer);
    },
    health: () => ({ ok: true, detail: isOpen() ? 'making prices' : 'the market is closed', lastQuoteAt }),
  };
}

/** Gold in dollars always, other symbols only where their quote differs from the one before, as a real feed does. */
function changedQuotes(quotes: Omit<RawQuote, 'time'>[], sent: Map<string, string>): Omit<RawQuote, 'time'>[] {
  return quotes.filter(({ symbol, bid, ask }) => {
    const text = `${bid} ${ask}`;
    const isChanged = symbol === 'XAU-USD' || sent.get(symbol) !== text;
    sent.set(symbol, text);
    return isChanged;
  });
}
