import type { Feed, FeedSource } from './feed.ts';
import { valueAt } from './json-pointer.ts';
import { createPolledFeed, polledSpotSources, type PolledFeedOptions } from './poll.ts';
import { readJson, readPrice, readTime } from './provider-answer.ts';

/** A dealer's own rate of exchange is often set by hand: it holds for a day. */
const rateFreshForMs = 86_400_000;

/**
 * A dealer's own source: any address that answers to GET with JSON, in which JSON pointers (RFC 6901) find the bid, the ask
 * (the same pointer for a source of mid prices) and the time. Prices are numbers or decimals as text; a time is ISO 8601 with
 * an offset, or seconds or milliseconds since 1970.
 * @param options.symbol a metal such as `XAU-USD`, or a rate such as `USD-EUR`
 * @param options.timePointer empty for a source that says no time: then it is the time of arrival
 * @param options.authorization the header of that name
 */
export function createJsonHttp(
  options: PolledFeedOptions & {
    symbol: string;
    bidPointer: string;
    askPointer: string;
    timePointer: string;
    authorization: string | undefined;
  },
): Feed {
  const { url, symbol, bidPointer, askPointer, timePointer, authorization, ...polling } = options;
  const spot = polledSpotSources({ ...options, name: 'json-http', symbols: [symbol] });
  const sources = spot.map((source): FeedSource =>
    /^(XAU|XAG)-/.test(symbol) ? source : { ...source, kind: 'rate', freshForMs: rateFreshForMs },
  );
  return createPolledFeed({
    ...polling,
    name: 'json-http',
    // The key may be what is behind `Bearer`, or any part of the address.
    secrets: [...(authorization?.split(' ') ?? []), ...new URL(url).searchParams.values()].filter(Boolean),
    sources,
    questions: [
      {
        about: symbol,
        url,
        ...(authorization !== undefined && { headers: { authorization } }),
        read: ({ text, receivedAt }) => {
          const answer = readJson(text);
          const price = (pointer: string) => readPrice(valueAt(answer, pointer), `what is at "${pointer}"`);
          const time = timePointer ? readTime(valueAt(answer, timePointer), `what is at "${timePointer}"`) : receivedAt;
          return [{ source: 'json-http', symbol, bid: price(bidPointer), ask: price(askPointer), time }];
        },
      },
    ],
  });
}
