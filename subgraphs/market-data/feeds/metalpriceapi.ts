import { Decimal } from '#shared/decimal.ts';
import type { Feed } from './feed.ts';
import { addressOf } from './ask-provider.ts';
import { createPolledFeed, polledSpotSources, type PolledFeedOptions } from './poll.ts';
import {
  checkSubject,
  readDecimal,
  readJson,
  readObject,
  readPrice,
  readTime,
  refusal,
  type JsonObject,
} from './provider-answer.ts';

/** Of a price that is the inverse of what was said, which has about as many. */
const significantDigits = 8;

/**
 * Mid prices of spot metals from metalpriceapi.com (https://metalpriceapi.com/documentation):
 * `GET <url>/latest?api_key=…&base=USD&currencies=XAU` answers `{"success":true,"base":"USD","timestamp":1763510399,
 * "rates":{"USDXAU":4038.0953919274,"XAU":0.0002476415}}`: `XAU` is ounces for a dollar, `USDXAU` the price. What it refuses
 * comes with `{"success":false,"error":{"statusCode":105,"message":…}}`. The key is part of the address. A free key is good
 * for about 100 questions a month and is told the price of the day before.
 * @param options.symbols such as `XAU-USD`, asked in turn
 */
export function createMetalpriceapi(options: PolledFeedOptions & { symbols: readonly string[]; apiKey: string }): Feed {
  const { url, symbols, apiKey, ...polling } = options;
  return createPolledFeed({
    ...polling,
    name: 'metalpriceapi',
    secrets: [apiKey],
    sources: polledSpotSources({ ...options, name: 'metalpriceapi' }),
    questions: symbols.map((symbol) => {
      const [metal, currency] = symbol.split('-') as [string, string];
      return {
        about: symbol,
        url: addressOf(url, '/latest', { api_key: apiKey, base: currency, currencies: metal }),
        read: ({ text }) => {
          const answer = readObject(readJson(text), 'the answer');
          if (answer.success === false) throw refusalOf(answer);
          checkSubject(answer.base, currency, 'base');
          const mid = priceOf(readObject(answer.rates, 'rates'), metal, currency);
          return [
            { source: 'metalpriceapi', symbol, bid: mid, ask: mid, time: readTime(answer.timestamp, 'timestamp') },
          ];
        },
      };
    }),
  });
}

/** The price itself where it is said, else the inverse, rounded half-even to 8 significant digits. */
function priceOf(rates: JsonObject, metal: string, currency: string): string {
  const price = rates[`${currency}${metal}`];
  if (price !== undefined) return readPrice(price, `${currency}${metal}`);
  const inverse = new Decimal(1).div(readDecimal(rates[metal], metal));
  return readPrice(inverse.toSignificantDigits(significantDigits).toString(), `1 / ${metal}`);
}

function refusalOf({ error }: JsonObject): Error {
  const { statusCode, message } = readObject(error, 'error');
  return refusal(`refused with statusCode ${String(statusCode)}`, message);
}
