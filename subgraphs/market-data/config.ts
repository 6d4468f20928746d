import { z } from 'zod';
import { wholeNumber } from '#shared/environment.ts';
import { databaseUrl, readProcessConfig, subgraphSettings } from '#shared/service-settings.ts';
import { feedSettings, feedsWithoutHours, problemsOfFeeds } from './feeds/feed-settings.ts';

const basisPoints = (usual: number) => wholeNumber({ min: 1, max: 10_000 }).default(usual);
const closingPattern = /^\d{4}-\d{2}-\d{2}(@([01]\d|2[0-3]):[0-5]\d)?$/;

/** What market-data takes from its environment. */
export const settings = {
  ...subgraphSettings(4002),
  MARKET_DATA_DATABASE_URL: databaseUrl().describe('PostgreSQL of instruments, ticks and candles'),
  MARKET_HOURS: z
    .enum(['by-feeds', 'always-open', 'new-york'])
    .default('by-feeds')
    .describe(
      'new-york: Sunday 18:00 to Friday 17:00 New York with a daily break and holidays. by-feeds: that, or always-open where the feeds only simulate or replay',
    ),
  MARKET_HOLIDAYS: z
    .string()
    .default('')
    .transform((text, context) => {
      const days = text.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));
      for (const day of days) {
        if (!closingPattern.test(day) || Number.isNaN(Date.parse(day.slice(0, 10))))
          context.addIssue({ code: 'custom', message: `"${day}" is not like 2026-12-28 or 2026-11-27@13:30` });
      }
      return days;
    })
    .describe(
      'Days of trade, between commas, on which New York is closed beside New Year, Good Friday and Christmas; with @13:30 it closes early at that time',
    ),
  CURRENCIES: z
    .string()
    .default('USD,EUR,GBP,TRY,AED,IRR')
    .transform((text, context) => {
      const currencies = text.split(',').map((each) => each.trim());
      for (const currency of currencies) {
        if (!/^[A-Z]{3}$/.test(currency))
          context.addIssue({ code: 'custom', message: `"${currency}" is not an ISO 4217 code such as EUR` });
      }
      return currencies;
    })
    .describe('Currencies that gold and silver are priced in; those beyond the seeded ones become instruments'),
  STALE_AFTER_MS: wholeNumber({ min: 1 })
    .default(15_000)
    .describe('Milliseconds after its arrival when a price is stale'),
  TICK_WAIT_MS: wholeNumber({ max: 10_000 })
    .default(250)
    .describe('Milliseconds that a request for a certain tick waits for its arrival'),
  TICKS_IN_MEMORY: wholeNumber({ min: 100, max: 100_000 })
    .default(2_000)
    .describe('Ticks of a symbol that each process holds; older ones are read from Redis'),
  TICKS_KEPT: wholeNumber({ min: 100, max: 10_000_000 })
    .default(10_000)
    .describe('Ticks of a symbol that its stream in Redis keeps at least; older ones are read from PostgreSQL'),
  TICKS_KEPT_AT_MOST: wholeNumber({ min: 100, max: 10_000_000 })
    .default(100_000)
    .describe(
      'Ticks of a symbol that its stream keeps at most while PostgreSQL is away and they are not yet written there',
    ),
  TICK_HISTORY_DAYS: wholeNumber({ min: 1, max: 400 })
    .default(30)
    .describe('Days that ticks are kept in PostgreSQL; candles are kept for ever'),
  CANDLE_WATERMARK_MS: wholeNumber({ max: 60_000 })
    .default(2_000)
    .describe('Milliseconds that a candle waits for late ticks behind its end before it counts as closed'),
  CANDLE_UPDATE_MS: wholeNumber({ min: 100, max: 60_000 })
    .default(1_000)
    .describe('Milliseconds between two events of one live candle at least'),
  CONSENSUS_WINDOW_MS: wholeNumber({ max: 1_000 })
    .default(20)
    .describe('Milliseconds in which quotes of several feeds count as simultaneous; a single feed is never waited for'),
  CONSENSUS_QUORUM: wholeNumber({ min: 1, max: 20 })
    .default(1)
    .describe('Fresh sources, tokens included, that a price needs in an open market; with fewer it is halted'),
  MAX_SPREAD_BPS: basisPoints(50).describe('Widest spread, in basis points of mid, with which a quote is accepted'),
  MAX_JUMP_BPS: basisPoints(50).describe(
    'Basis points that a source may jump, or 8 times its usual move of the last minute, before it must be confirmed',
  ),
  MAX_SOURCE_DISTANCE_BPS: basisPoints(35).describe(
    'Basis points from the median of all beyond which a source is left out',
  ),
  BREAKER_DEGRADED_BPS: basisPoints(100).describe(
    'Basis points of movement within a minute at which the market is degraded',
  ),
  BREAKER_HALT_BPS: basisPoints(200).describe('Basis points of movement within a minute at which it is halted'),
  BREAKER_HALT_MS: wholeNumber({ min: 1_000, max: 3_600_000 })
    .default(120_000)
    .describe('Milliseconds that such a halt lasts'),
  INGEST_BUFFER_TICKS: wholeNumber({ min: 1_000, max: 1_000_000 })
    .default(50_000)
    .describe('Accepted quotes that wait for a slow Redis at most; then the oldest are dropped'),
  LEADER_LEASE_MS: wholeNumber({ min: 500, max: 60_000 })
    .default(1_500)
    .describe('Milliseconds after which another worker takes over from one that is not heard of'),
  ...feedSettings,
};

export type Config = ReturnType<typeof readConfig>;

/** Reads the environment of market-data. @throws EnvironmentError naming every problem at once */
export function readConfig(environment: Record<string, string | undefined> = process.env) {
  const config = readProcessConfig('market-data', settings, environment, problemsOfFeeds);
  const { MARKET_HOURS, FEEDS } = config;
  const hasHours = FEEDS.some(({ name }) => !feedsWithoutHours.includes(name));
  const byFeeds = hasHours ? ('new-york' as const) : ('always-open' as const);
  return { ...config, MARKET_HOURS: MARKET_HOURS === 'by-feeds' ? byFeeds : MARKET_HOURS };
}
