import { Decimal } from '#shared/decimal.ts';
import type { Feed, FeedQuote } from './feed.ts';
import { addressOf, type ProviderAnswer } from './ask-provider.ts';
import { createPolledFeed, type PolledFeedOptions } from './poll.ts';
import { readJson, readObject, readPrice, readTime, unusable } from './provider-answer.ts';

/** The open market has its weekend too. */
const freshForMs = 2 * 86_400_000;
/** A toman is ten rials. */
const rialsOfToman = 10;
const groupedPattern = /^\d{1,3}(,\d{3})+(\.\d+)?$/;

/**
 * The rial in the open market of Tehran from navasan.tech, as the rate `USD-IRR`:
 * `GET <url>/latest/?api_key=…` answers `{"usd_sell":{"value":"115350","change":…,"timestamp":1795600000,"date":…},
 * "usd_buy":{…},…}` with values in toman, `sell` being what a buyer of dollars pays. The key is part of the address.
 */
export function createNavasan(options: PolledFeedOptions & { apiKey: string }): Feed {
  const { url, apiKey, weight, ...polling } = options;
  return createPolledFeed({
    ...polling,
    name: 'navasan',
    secrets: [apiKey],
    sources: [{ name: 'navasan', symbol: 'USD-IRR', kind: 'rate', weight, freshForMs, isLive: true }],
    questions: [{ about: 'USD-IRR', url: addressOf(url, '/latest/', { api_key: apiKey }), read: quotesOf }],
  });
}

/**
 * The time is the older one of both sides. Where the buyers' side is absent, above the sellers', or older than it by more
 * than a price holds, the sellers' is both.
 */
function quotesOf({ text }: ProviderAnswer): FeedQuote[] {
  const answer = readObject(readJson(text), 'the answer');
  if (answer.usd_sell === undefined) throw unusable('the answer has no usd_sell', text);
  const side = (name: string) => {
    const { value, timestamp } = readObject(answer[name], name);
    const toman = typeof value === 'string' && groupedPattern.test(value) ? value.replaceAll(',', '') : value;
    const rials = new Decimal(readPrice(toman, `${name}.value`)).times(rialsOfToman);
    return { rials, time: readTime(timestamp, `${name}.timestamp`) };
  };
  const sell = side('usd_sell');
  const said = answer.usd_buy === undefined ? sell : side('usd_buy');
  const buy = said.time < sell.time - freshForMs ? sell : said;
  const bid = buy.rials.gt(sell.rials) ? sell : buy;
  return [
    {
      source: 'navasan',
      symbol: 'USD-IRR',
      bid: bid.rials.toFixed(),
      ask: sell.rials.toFixed(),
      time: Math.min(bid.time, sell.time),
    },
  ];
}
