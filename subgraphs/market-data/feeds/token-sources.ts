import type { FeedSource } from './feed.ts';

/**
 * The sources of an exchange's gold tokens, each of a troy ounce, by market.
 * @param tokens the market as the exchange calls it, and its source's name: `binance-paxg` of the token PAXG
 */
export function tokenSources(
  tokens: readonly { market: string; name: string }[],
  { weight, freshForMs }: { weight: number; freshForMs: number },
): Map<string, FeedSource> {
  return new Map(
    tokens.map(({ market, name }) => [
      market,
      { name, symbol: 'XAU-USD', kind: 'token', weight, freshForMs, isLive: true },
    ]),
  );
}
