import { createMarketClock, type MarketCalendar } from '../domain/market-hours.ts';
import { nextUniform } from '../domain/random.ts';
import { moveMarket, quotesOf, simulatedMetals, simulatedRates, startMarket } from '../domain/simulated-market.ts';
import type { Feed, FeedQuote, FeedSource } from './feed.ts';

/** Gaps between ticks of gold in milliseconds: at least the shortest, and then memoryless; 7 to 8 ticks a second. */
const shortestGapMs = 60;
const meanGapMs = 135;
const longestGapMs = 600;
/** Longest wait before a closed market is looked at again. */
const closedCheckMs = 60_000;
/** What does not move is said again after this time, as real feeds do with a rate that is pegged. */
const repeatAfterMs = 10_000;

const name = 'simulator';

/**
 * A market that is made up, for development, demonstrations and tests without a network: gold and silver in dollars, and
 * the rates of `currencies` as far as it knows them. Prices go on from where they were left; gold begins at `xauUsd`
 * dollars where nothing was ever published. A seed repeats the path of prices.
 */
export function createSimulator(options: {
  seed: number;
  xauUsd: number;
  marketHours: MarketCalendar;
  currencies: readonly string[];
  weight: number;
  clock: () => number;
}): Feed {
  const { seed, clock, weight } = options;
  const marketClock = createMarketClock(options.marketHours);
  const rates = simulatedRates.filter((symbol) => options.currencies.includes(symbol.slice('USD-'.length)));
  const source = (symbol: string, kind: FeedSource['kind']): FeedSource => ({
    name,
    symbol,
    kind,
    weight,
    freshForMs: kind === 'rate' ? 2 * repeatAfterMs : 5_000,
    isLive: true,
  });
  const sources = [
    ...simulatedMetals.map((symbol) => source(symbol, 'spot')),
    ...rates.map((symbol) => source(symbol, 'rate')),
  ];
  const symbols = new Set(sources.map(({ symbol }) => symbol));
  let timer: NodeJS.Timeout | undefined;
  let lastQuoteAt: number | undefined;
  const isOpen = () => marketClock(clock()).state === 'OPEN';

  return {
    name,
    sources,
    async start({ resumeFrom, onQuotes }) {
      const mids = Object.fromEntries([...resumeFrom].map(([symbol, { mid }]) => [symbol, Number(mid)]));
      let market = startMarket(seed, { 'XAU-USD': options.xauUsd, ...mids });
      // Gaps are drawn from a state of their own, so that the timers do not change the path of prices.
      let gaps = seed ^ 0x9e3779b9;
      const sent = new Map<string, { text: string; at: number }>();
      const send = () => {
        const time = clock();
        const quotes = quotesOf(market).filter((quote) => symbols.has(quote.symbol) && isNews(quote, time, sent));
        lastQuoteAt = time;
        onQuotes(quotes.map((quote) => ({ ...quote, source: name, time })));
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
        const opensAt = marketClock(clock()).nextChangeAt ?? 0;
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
function isNews(
  { symbol, bid, ask }: Pick<FeedQuote, 'symbol' | 'bid' | 'ask'>,
  at: number,
  sent: Map<string, { text: string; at: number }>,
): boolean {
  const text = `${bid} ${ask}`;
  const before = sent.get(symbol);
  if (symbol !== 'XAU-USD' && before?.text === text && at - before.at < repeatAfterMs) return false;
  sent.set(symbol, { text, at });
  return true;
}
