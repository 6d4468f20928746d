import { z } from 'zod';
import { wholeNumber } from '#shared/environment.ts';
import { databaseUrl, readProcessConfig, subgraphSettings } from '#shared/service-settings.ts';

/** What market-data takes from its environment. */
export const settings = {
  ...subgraphSettings(4002),
  MARKET_DATA_DATABASE_URL: databaseUrl().describe('PostgreSQL of instruments, checkpoints and candles'),
  MARKET_HOURS: z
    .enum(['always-open', 'new-york'])
    .default('always-open')
    .describe('new-york: Sunday 18:00 to Friday 17:00 New York with a daily break; the simulator keeps to it'),
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
    .describe('Ticks of a symbol that its stream in Redis keeps at least'),
  FEED: z.enum(['simulator', 'replay']).default('simulator').describe('Where prices come from'),
  MAX_SPREAD_BPS: wholeNumber({ min: 1, max: 10_000 })
    .default(50)
    .describe('Widest spread, in basis points of mid, with which a quote is accepted'),
  INGEST_BUFFER_TICKS: wholeNumber({ min: 1_000, max: 1_000_000 })
    .default(50_000)
    .describe('Accepted quotes that wait for a slow Redis at most; then the oldest are dropped'),
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

export type Config = ReturnType<typeof readConfig>;

/** Reads the environment of market-data. @throws EnvironmentError naming every problem at once */
export function readConfig(environment: Record<string, string | undefined> = process.env) {
  return readProcessConfig('market-data', settings, environment, ({ FEED, REPLAY_FILE }) =>
    FEED === 'replay' && REPLAY_FILE === undefined ? ['REPLAY_FILE: is required when FEED is replay'] : [],
  );
}
