import { DateTime } from 'luxon';
import type { Feed, FeedQuote, FeedSource } from './feed.ts';
import type { ProviderAnswer } from './ask-provider.ts';
import { readReferenceRates } from './ecb-rates.ts';
import { createPolledFeed, type PolledFeedOptions } from './poll.ts';
import { unusable } from './provider-answer.ts';

/** The currencies of the reference rates since 2026, when Bulgaria took the euro. */
const quoted =
  'USD JPY CZK DKK GBP HUF PLN RON SEK CHF ISK NOK TRY AUD BRL CAD CNY HKD IDR ILS INR KRW MXN MYR NZD PHP SGD THB ZAR';

/** The longest time without new rates, from Maundy Thursday to the Tuesday of Easter, and some hours to read them in. */
const freshForMs = (5 * 24 + 3) * 3_600_000;

/**
 * The euro's reference rates of the European Central Bank, without a key, as rates such as `EUR-USD`: dollars for a euro.
 * They are set at 14:15 and published at about 16:00 in Frankfurt on each working day of its payment system, as XML
 * (`eurofxref-daily.xml`) or as CSV with the same content (`eurofxref.csv`)
 * (https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/html/index.en.html). The bank gives them for
 * information; a dealer with a rate of its own gives that one more weight.
 * @param options.url of the file itself
 * @param options.currencies those whose rates are wanted; the dollar's always is, and those that the bank does not quote are none of its
 */
export function createEcb(options: PolledFeedOptions & { currencies: readonly string[] }): Feed {
  const { url, weight, currencies, ...polling } = options;
  const wanted = quoted.split(' ').filter((currency) => currency === 'USD' || currencies.includes(currency));
  return createPolledFeed({
    ...polling,
    name: 'ecb',
    sources: wanted.map((currency): FeedSource => ({
      name: 'ecb',
      symbol: `EUR-${currency}`,
      kind: 'rate',
      weight,
      freshForMs,
      isLive: true,
    })),
    questions: [{ about: 'reference rates', url, read: (answer) => quotesOf(answer, wanted) }],
  });
}

function quotesOf({ text, receivedAt }: ProviderAnswer, wanted: readonly string[]): FeedQuote[] {
  const { date, rates } = readReferenceRates(text);
  const day = DateTime.fromISO(date, { zone: 'Europe/Berlin' });
  const [set, published] = [day.set({ hour: 14, minute: 15 }).toMillis(), day.set({ hour: 16 }).toMillis()];
  // Rates that are read before the hour at which they usually appear are of that moment: a time to come would be refused.
  const time = Math.max(set, Math.min(receivedAt, published));
  const quotes = wanted.flatMap((currency) => {
    const rate = rates.get(currency);
    return rate === undefined ? [] : [{ source: 'ecb', symbol: `EUR-${currency}`, bid: rate, ask: rate, time }];
  });
  if (quotes.length === 0) throw unusable(`the answer has none of ${wanted.join(', ')}`);
  return quotes;
}
