import { z } from 'zod';
import { flag, urlOf, wholeNumber, type Environment } from '#shared/environment.ts';
import { processSettings, readProcessConfig, redisPrefix, redisUrl } from '#shared/service-settings.ts';

/** Milliseconds of SHUTDOWN_TIMEOUT_MS for those who are asked to leave last, to get their answers and to go. */
const afterSpreadMs = 6_000;

const subgraphUrl = (subgraph: string) =>
  urlOf(['http', 'https'])
    .optional()
    .describe(`Where the ${subgraph} subgraph answers GraphQL; without it, the address in the supergraph`);

export const settings = {
  ...processSettings(4000),
  AUTH_URL: subgraphUrl('auth'),
  MARKET_DATA_URL: subgraphUrl('market-data'),
  PRICING_URL: subgraphUrl('pricing'),
  ORDER_URL: subgraphUrl('order'),
  NOTIFICATION_URL: subgraphUrl('notification'),
  REDIS_URL: redisUrl()
    .optional()
    .describe(
      'Redis in which auth tells which sessions have ended; without it their access tokens work until they expire',
    ),
  REDIS_PREFIX: redisPrefix(),
  SUPERGRAPH_FILE: z
    .string()
    .optional()
    .describe("The supergraph schema to serve; without it, the gateway's own (gateway/supergraph.graphql)"),
  SUPERGRAPH_POLL_MS: wholeNumber({ max: 3_600_000 })
    .default(5_000)
    .describe(
      'Milliseconds between two looks for a new supergraph in that file, which takes its place at once; 0 for never',
    ),
  SUBGRAPH_TIMEOUT_MS: wholeNumber({ min: 50 })
    .default(5_000)
    .describe('Milliseconds that a subgraph has to answer one request'),
  SUBGRAPH_CONNECTIONS: wholeNumber({ min: 1, max: 1_000 })
    .default(64)
    .describe('Connections for requests to one subgraph at most'),
  UPSTREAM_CONNECTIONS: wholeNumber({ min: 1, max: 1_000 })
    .default(4)
    .describe(
      'WebSockets to one subgraph that the public streams of all clients share; what carries a token has its own',
    ),
  RELOAD_SPREAD_MS: wholeNumber({ max: 3_600_000 })
    .default(30_000)
    .describe('Milliseconds over which clients are asked to come back whose streams a new supergraph has changed'),
  SHUTDOWN_SPREAD_MS: wholeNumber({ max: 3_600_000 })
    .default(2_000)
    .describe(
      `Milliseconds over which the clients of streams are asked to come back when the gateway stops; at least ${afterSpreadMs} less than SHUTDOWN_TIMEOUT_MS`,
    ),
  BODY_LIMIT_BYTES: wholeNumber({ min: 1_024 }).default(262_144).describe('Bytes that the body of a request may have'),
  SOCKET_MESSAGE_LIMIT_BYTES: wholeNumber({ min: 1_024 })
    .default(262_144)
    .describe('Bytes that a message of a WebSocket client may have'),
  CONNECTION_INIT_TIMEOUT_MS: wholeNumber({ min: 100, max: 3_600_000 })
    .default(10_000)
    .describe('Milliseconds that a WebSocket client has to say who it is'),
  SOCKETS_PER_CLIENT: wholeNumber({ min: 1 })
    .default(1_000)
    .describe(
      'Connections that one client may hold open for subscriptions, WebSockets and HTTP responses together; a client is a user, or an address while nobody is signed in',
    ),
  OPERATIONS_PER_SOCKET: wholeNumber({ min: 1 })
    .default(200)
    .describe('Operations that may run on one WebSocket at a time'),
  OPERATIONS_PER_SECOND: wholeNumber({ min: 1 })
    .default(100)
    .describe(
      'Operations that one client may start a second over WebSockets and streams; at once twice as many, and twice OPERATIONS_PER_SOCKET where that is more',
    ),
  TRUSTED_PROXIES: wholeNumber({ max: 20 })
    .default(0)
    .describe(
      'Proxies in front of the gateway that append to X-Forwarded-For, by which clients are told apart; 0 goes by the address of the connection',
    ),
  SLOW_CLIENT_BYTES: wholeNumber({ min: 1_024 })
    .default(1_048_576)
    .describe('Bytes of events that may wait for a client that does not take them in; beyond, it is told to come back'),
  SLOW_CLIENT_MS: wholeNumber({ min: 100 })
    .default(30_000)
    .describe('Milliseconds that a client may take in nothing while events wait for it'),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    )
    .describe(
      'Origins of browser applications that may ask, separated by commas; * for all. In development any localhost may',
    ),
  EXPLORER: flag()
    .optional()
    .describe(
      'Whether browsers are shown Apollo Sandbox at /graphql and GraphiQL at /graphiql, and introspection is answered; in development true, in production false',
    ),
};

/** The gateway's settings from the environment. @throws EnvironmentError with every problem at once */
export function readConfig(environment: Environment = process.env) {
  const config = readProcessConfig(
    'the gateway',
    settings,
    environment,
    ({ SHUTDOWN_SPREAD_MS, SHUTDOWN_TIMEOUT_MS }) =>
      SHUTDOWN_SPREAD_MS + afterSpreadMs <= SHUTDOWN_TIMEOUT_MS
        ? []
        : [`SHUTDOWN_SPREAD_MS: must be at least ${afterSpreadMs} less than SHUTDOWN_TIMEOUT_MS`],
  );
  return { ...config, EXPLORER: config.EXPLORER ?? config.NODE_ENV !== 'production' };
}

export type Config = ReturnType<typeof readConfig>;

/** @apollo/gateway reports usage to its vendor unless this is set before it is made; here it does so only when asked to. */
export function disableVendorTelemetry(environment: Environment = process.env): void {
  environment.APOLLO_TELEMETRY_DISABLED ??= '1';
}
