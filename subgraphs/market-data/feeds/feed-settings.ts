import { z } from 'zod';
import { urlOf, wholeNumber } from '#shared/environment.ts';

/** The feeds that there are, each a file beside this one. */
export const feedNames = [
  'simulator',
  'replay',
  'swissquote',
  'gold-api',
  'binance',
  'kraken',
  'coinbase',
  'goldapi',
  'metals-dev',
  'metalpriceapi',
  'json-http',
  'ecb',
  'navasan',
  'pegs',
] as const;
export type FeedName = (typeof feedNames)[number];

/** A feed that is to run, and how much its sources count beside others. */
export type FeedChoice = { name: FeedName; weight: number | undefined };

/** Feeds that make prices up or play a file: their market has no hours. */
export const feedsWithoutHours: readonly FeedName[] = ['simulator', 'replay'];

const choicePattern = /^([a-z-]+)(?:=(\d{1,4}(?:\.\d{1,3})?))?$/;

/** `swissquote=3,binance,ecb`: names with an optional weight. */
function feedList() {
  return z
    .string()
    .default('simulator')
    .transform((text, context): FeedChoice[] => {
      const choices: FeedChoice[] = [];
      for (const part of text.split(',').map((each) => each.trim())) {
        const [, name, weight] = choicePattern.exec(part) ?? [];
        const isKnown = feedNames.some((each) => each === name);
        const problem = !isKnown
          ? `names no feed with "${part}"; there are ${feedNames.join(', ')}`
          : choices.some((choice) => choice.name === name)
            ? `names ${name} twice`
            : Number(weight ?? 1) <= 0
              ? `gives ${name} no weight`
              : undefined;
        if (problem) context.addIssue({ code: 'custom', message: problem });
        else choices.push({ name: name as FeedName, weight: weight === undefined ? undefined : Number(weight) });
      }
      return choices;
    });
}

/** A list of names between commas. */
function listOf(pattern: RegExp, example: string) {
  return z.string().transform((text, context) => {
    const names = text.split(',').map((each) => each.trim());
    for (const name of names) {
      if (!pattern.test(name)) context.addIssue({ code: 'custom', message: `"${name}" is not like ${example}` });
    }
    return names;
  });
}

const symbols = () => listOf(/^(XAU|XAG)-[A-Z]{3}$/, 'XAU-USD');
const interval = (usualMs: number, leastMs: number) => wholeNumber({ min: leastMs, max: 86_400_000 }).default(usualMs);
const http = (url: string) => urlOf(['http', 'https']).default(url);
const webSocket = (url: string) => urlOf(['ws', 'wss']).default(url);
const key = () => z.string().min(1).optional();
const pointer = () => z.string().regex(/^(\/.*)?$/, 'must be a JSON pointer such as /data/0/bid');

/** What the feeds take from the environment. Addresses, formats and limits are those of the providers' documents. */
export const feedSettings = {
  FEEDS: feedList().describe(
    `Where prices come from, between commas, each with an optional weight: swissquote=3,binance,ecb. There are ${feedNames.join(', ')}`,
  ),
  SWISSQUOTE_URL: http('https://forex-data-feed.swissquote.com/public-quotes/bboquotes').describe(
    'Public quotes of Swissquote',
  ),
  SWISSQUOTE_SYMBOLS: symbols().prefault('XAU-USD,XAG-USD').describe('What is asked of Swissquote'),
  SWISSQUOTE_POLL_MS: interval(1_000, 100).describe('Milliseconds between two questions to Swissquote'),
  GOLD_API_URL: http('https://api.gold-api.com').describe('gold-api.com, which says the mid price only'),
  GOLD_API_SYMBOLS: symbols().prefault('XAU-USD,XAG-USD').describe('What is asked of gold-api.com'),
  GOLD_API_POLL_MS: interval(30_000, 100).describe('Milliseconds between two questions to gold-api.com'),
  BINANCE_URL: webSocket('wss://data-stream.binance.vision').describe('Market streams of Binance'),
  BINANCE_MARKETS: listOf(/^[A-Z0-9]{2,10}(USDT|USDC|FDUSD)$/, 'PAXGUSDT')
    .prefault('PAXGUSDT,XAUTUSDT')
    .describe('Gold tokens at Binance, each of a troy ounce'),
  KRAKEN_URL: webSocket('wss://ws.kraken.com/v2').describe('WebSocket v2 of Kraken'),
  KRAKEN_MARKETS: listOf(/^[A-Z0-9]{2,10}\/USD$/, 'PAXG/USD')
    .prefault('PAXG/USD,XAUT/USD')
    .describe('Gold tokens at Kraken, each of a troy ounce'),
  COINBASE_URL: webSocket('wss://ws-feed.exchange.coinbase.com').describe('WebSocket feed of Coinbase Exchange'),
  COINBASE_MARKETS: listOf(/^[A-Z0-9]{2,10}-USD$/, 'PAXG-USD')
    .prefault('PAXG-USD')
    .describe('Gold tokens at Coinbase Exchange, each of a troy ounce'),
  GOLDAPI_URL: http('https://www.goldapi.io/api').describe('goldapi.io'),
  GOLDAPI_SYMBOLS: symbols().prefault('XAU-USD').describe('What is asked of goldapi.io'),
  GOLDAPI_POLL_MS: interval(28_800_000, 100).describe(
    'Milliseconds between two questions to goldapi.io; 8 hours keep within about 100 a month',
  ),
  GOLDAPI_KEY: key().describe('Access token of goldapi.io'),
  METALS_DEV_URL: http('https://api.metals.dev/v1').describe('metals.dev'),
  METALS_DEV_SYMBOLS: symbols().prefault('XAU-USD').describe('What is asked of metals.dev'),
  METALS_DEV_POLL_MS: interval(28_800_000, 100).describe('Milliseconds between two questions to metals.dev'),
  METALS_DEV_KEY: key().describe('API key of metals.dev'),
  METALPRICEAPI_URL: http('https://api.metalpriceapi.com/v1').describe(
    'metalpriceapi.com, which says ounces for a dollar and the mid price only',
  ),
  METALPRICEAPI_SYMBOLS: symbols().prefault('XAU-USD').describe('What is asked of metalpriceapi.com'),
  METALPRICEAPI_POLL_MS: interval(28_800_000, 100).describe('Milliseconds between two questions to metalpriceapi.com'),
  METALPRICEAPI_KEY: key().describe('API key of metalpriceapi.com'),
  JSON_HTTP_URL: urlOf(['http', 'https'])
    .optional()
    .describe("A dealer's own source: an address that answers with JSON"),
  JSON_HTTP_SYMBOL: z
    .string()
    .regex(/^[A-Z]{3}-[A-Z]{3}$/, 'must be like XAU-USD')
    .default('XAU-USD')
    .describe('What that source quotes: a metal in a currency, or a rate such as USD-EUR'),
  JSON_HTTP_BID_POINTER: pointer().default('/bid').describe('JSON pointer (RFC 6901) to its bid'),
  JSON_HTTP_ASK_POINTER: pointer()
    .default('/ask')
    .describe('JSON pointer to its ask; that of the bid for a source of mid prices'),
  JSON_HTTP_TIME_POINTER: pointer()
    .default('')
    .describe(
      'JSON pointer to its time, ISO 8601 or seconds or milliseconds since 1970; without it the time of arrival',
    ),
  JSON_HTTP_POLL_MS: interval(5_000, 100).describe('Milliseconds between two questions to that source'),
  JSON_HTTP_AUTHORIZATION: key().describe('Authorization header for that source, for example Bearer …'),
  ECB_URL: http('https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml').describe(
    'Daily euro reference rates of the European Central Bank',
  ),
  ECB_POLL_MS: interval(3_600_000, 100).describe('Milliseconds between two questions to the European Central Bank'),
  NAVASAN_URL: http('https://api.navasan.tech').describe('navasan.tech: the rial in the open market of Tehran'),
  NAVASAN_POLL_MS: interval(3_600_000, 100).describe('Milliseconds between two questions to navasan.tech'),
  NAVASAN_KEY: key().describe('API key of navasan.tech'),
  PEGS: listOf(/^[A-Z]{3}:\d{1,9}(\.\d{1,7})?$/, 'AED:3.6725')
    .prefault('AED:3.6725')
    .describe('Rates that are fixed: a currency and its units for a dollar'),
  SIMULATOR_SEED: wholeNumber({ max: 2 ** 32 - 1 })
    .optional()
    .describe('Repeats the path of simulated prices; a new one each time without it'),
  SIMULATOR_XAU_USD: z.coerce
    .number({ error: 'must be a number' })
    .min(1, 'must be at least 1')
    .max(1_000_000, 'must be at most 1000000')
    .default(4084.3)
    .describe('Dollars for a troy ounce of gold where the simulator begins when nothing was ever published'),
  REPLAY_FILE: z.string().optional().describe('Recording to play: CSV with the header time,bid,ask; gzip or plain'),
  REPLAY_SYMBOL: z.string().default('XAU-USD').describe('Instrument that the recording is of'),
  REPLAY_SPEED: z.coerce
    .number({ error: 'must be a number' })
    .positive('must be more than 0')
    .max(1_000_000, 'must be at most 1000000')
    .default(1)
    .describe('How many times as fast as it was recorded; 100 plays a day in a quarter of an hour'),
  REPLAY_MAX_GAP_MS: wholeNumber()
    .default(5_000)
    .describe('Longest wait between two rows in milliseconds of real time, so that a weekend does not stall'),
};

/** What a chosen feed cannot run without, as `NAME: what is wrong`. */
export function problemsOfFeeds(settings: Record<string, unknown> & { FEEDS: FeedChoice[] }): string[] {
  const required: Partial<Record<FeedName, string>> = {
    replay: 'REPLAY_FILE',
    goldapi: 'GOLDAPI_KEY',
    'metals-dev': 'METALS_DEV_KEY',
    metalpriceapi: 'METALPRICEAPI_KEY',
    'json-http': 'JSON_HTTP_URL',
    navasan: 'NAVASAN_KEY',
  };
  return settings.FEEDS.flatMap(({ name }) => {
    const variable = required[name];
    return variable !== undefined && settings[variable] === undefined
      ? [`${variable}: is required by the feed ${name}`]
      : [];
  });
}
