import { z } from 'zod';
import { flag, urlOf, wholeNumber, type Environment } from '#shared/environment.ts';
import { processSettings, readProcessConfig } from '#shared/service-settings.ts';

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
  SUPERGRAPH_FILE: z
    .string()
    .optional()
    .describe("The supergraph schema to serve; without it, the gateway's own (gateway/supergraph.graphql)"),
  SUBGRAPH_TIMEOUT_MS: wholeNumber({ min: 50 })
    .default(5_000)
    .describe('Milliseconds that a subgraph has to answer one request'),
  SUBGRAPH_CONNECTIONS: wholeNumber({ min: 1, max: 1_000 })
    .default(64)
    .describe('Connections for requests to one subgraph at most'),
  BODY_LIMIT_BYTES: wholeNumber({ min: 1_024 }).default(262_144).describe('Bytes that the body of a request may have'),
  SOCKET_MESSAGE_LIMIT_BYTES: wholeNumber({ min: 1_024 })
    .default(262_144)
    .describe('Bytes that a message of a WebSocket client may have'),
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
  const config = readProcessConfig('the gateway', settings, environment);
  return { ...config, EXPLORER: config.EXPLORER ?? config.NODE_ENV !== 'production' };
}

export type Config = ReturnType<typeof readConfig>;

/** @apollo/gateway reports usage to its vendor unless this is set before it is made; here it does so only when asked to. */
export function disableVendorTelemetry(environment: Environment = process.env): void {
  environment.APOLLO_TELEMETRY_DISABLED ??= '1';
}
