import { randomInt } from 'node:crypto';
import type { Logger } from '#shared/logger.ts';
import type { Config } from '../config.ts';
import { createBinance } from './binance.ts';
import { createCoinbase } from './coinbase.ts';
import { createEcb } from './ecb.ts';
import type { FeedName } from './feed-settings.ts';
import type { Feed } from './feed.ts';
import { createGoldApi } from './gold-api.ts';
import { createGoldapi } from './goldapi.ts';
import { createJsonHttp } from './json-http.ts';
import { createKraken } from './kraken.ts';
import { createMetalpriceapi } from './metalpriceapi.ts';
import { createMetalsDev } from './metals-dev.ts';
import { createNavasan } from './navasan.ts';
import { createPegs } from './pegs.ts';
import { createReplay } from './replay.ts';
import { createSimulator } from './simulator.ts';
import { createSwissquote } from './swissquote.ts';

/** It says bid and ask of the metal itself each second, which no other one does; so it counts for more unless told otherwise. */
const swissquoteWeight = 3;

/** The feeds that the configuration chooses, in its order. What a feed cannot run without has been checked when it was read. */
export function createFeeds(options: {
  config: Config;
  clock: () => number;
  /** Numbers in [0, 1), for waits that are not to coincide with those of others. */
  random: () => number;
  logger: Logger;
}): Feed[] {
  const { config, clock, random, logger } = options;
  const shared = (weight: number) => ({ weight, clock, random, logger });
  const creators: Record<FeedName, (weight: number | undefined) => Feed> = {
    simulator: (weight = 1) =>
      createSimulator({
        seed: config.SIMULATOR_SEED ?? randomInt(2 ** 32),
        xauUsd: config.SIMULATOR_XAU_USD,
        marketHours: { hours: config.MARKET_HOURS, holidays: config.MARKET_HOLIDAYS },
        currencies: config.CURRENCIES,
        weight,
        clock,
      }),
    replay: (weight = 1) =>
      createReplay({
        file: config.REPLAY_FILE!,
        symbol: config.REPLAY_SYMBOL,
        speed: config.REPLAY_SPEED,
        maxGapMs: config.REPLAY_MAX_GAP_MS,
        weight,
        clock,
        logger,
      }),
    swissquote: (weight = swissquoteWeight) =>
      createSwissquote({
        url: config.SWISSQUOTE_URL,
        symbols: config.SWISSQUOTE_SYMBOLS,
        intervalMs: config.SWISSQUOTE_POLL_MS,
        ...shared(weight),
      }),
    'gold-api': (weight = 1) =>
      createGoldApi({
        url: config.GOLD_API_URL,
        symbols: config.GOLD_API_SYMBOLS,
        intervalMs: config.GOLD_API_POLL_MS,
        ...shared(weight),
      }),
    binance: (weight = 1) =>
      createBinance({ url: config.BINANCE_URL, markets: config.BINANCE_MARKETS, ...shared(weight) }),
    kraken: (weight = 1) => createKraken({ url: config.KRAKEN_URL, markets: config.KRAKEN_MARKETS, ...shared(weight) }),
    coinbase: (weight = 1) =>
      createCoinbase({ url: config.COINBASE_URL, markets: config.COINBASE_MARKETS, ...shared(weight) }),
    goldapi: (weight = 1) =>
      createGoldapi({
        url: config.GOLDAPI_URL,
        symbols: config.GOLDAPI_SYMBOLS,
        intervalMs: config.GOLDAPI_POLL_MS,
        apiKey: config.GOLDAPI_KEY!,
        ...shared(weight),
      }),
    'metals-dev': (weight = 1) =>
      createMetalsDev({
        url: config.METALS_DEV_URL,
        symbols: config.METALS_DEV_SYMBOLS,
        intervalMs: config.METALS_DEV_POLL_MS,
        apiKey: config.METALS_DEV_KEY!,
        ...shared(weight),
      }),
    metalpriceapi: (weight = 1) =>
      createMetalpriceapi({
        url: config.METALPRICEAPI_URL,
        symbols: config.METALPRICEAPI_SYMBOLS,
        intervalMs: config.METALPRICEAPI_POLL_MS,
        apiKey: config.METALPRICEAPI_KEY!,
        ...shared(weight),
      }),
    'json-http': (weight = 1) =>
      createJsonHttp({
        url: config.JSON_HTTP_URL!,
        symbol: config.JSON_HTTP_SYMBOL,
        bidPointer: config.JSON_HTTP_BID_POINTER,
        askPointer: config.JSON_HTTP_ASK_POINTER,
        timePointer: config.JSON_HTTP_TIME_POINTER,
        intervalMs: config.JSON_HTTP_POLL_MS,
        authorization: config.JSON_HTTP_AUTHORIZATION,
        ...shared(weight),
      }),
    ecb: (weight = 1) =>
      createEcb({
        url: config.ECB_URL,
        currencies: config.CURRENCIES,
        intervalMs: config.ECB_POLL_MS,
        ...shared(weight),
      }),
    navasan: (weight = 1) =>
      createNavasan({
        url: config.NAVASAN_URL,
        intervalMs: config.NAVASAN_POLL_MS,
        apiKey: config.NAVASAN_KEY!,
        ...shared(weight),
      }),
    pegs: (weight = 1) => createPegs({ pegs: config.PEGS, weight, clock }),
  };
  return config.FEEDS.map(({ name, weight }) => creators[name](weight));
}
