import type { Feed } from './feed.ts';

/** How often a peg is said again, so that it stays fresh. */
const usualIntervalMs = 60_000;

/**
 * Rates that are fixed by a central bank, such as the dirham's to the dollar, said with the time of now as long as this runs.
 * @param options.pegs a currency and its units for a dollar, such as `AED:3.6725`: becomes `USD-AED`
 */
export function createPegs(options: {
  pegs: readonly string[];
  weight: number;
  clock: () => number;
  intervalMs?: number;
}): Feed {
  const { weight, clock, intervalMs = usualIntervalMs } = options;
  const pegs = options.pegs.map((peg) => {
    const [currency, rate] = peg.split(':') as [string, string];
    return { symbol: `USD-${currency}`, rate };
  });
  let timer: NodeJS.Timeout | undefined;
  let lastQuoteAt: number | undefined;

  return {
    name: 'pegs',
    sources: pegs.map(({ symbol }) => ({
      name: 'pegs',
      symbol,
      kind: 'rate',
      weight,
      freshForMs: 2 * intervalMs + 5_000,
      isLive: true,
    })),
    async start({ onQuotes }) {
      const say = () => {
        const time = clock();
        lastQuoteAt = time;
        onQuotes(pegs.map(({ symbol, rate }) => ({ source: 'pegs', symbol, bid: rate, ask: rate, time })));
      };
      say();
      timer = setInterval(say, intervalMs);
    },
    async stop() {
      clearInterval(timer);
    },
    health: () => ({ ok: true, detail: options.pegs.join(', '), lastQuoteAt }),
  };
}
