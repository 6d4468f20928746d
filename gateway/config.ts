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
  TRUSTED_DOCUMENTS: z
    .enum(['off', 'log', 'enforce'])
    .default('off')
    .describe(
      'What becomes of documents that are not in TRUSTED_DOCUMENTS_FILE: log counts and logs them, enforce refuses',
    ),
  TRUSTED_DOCUMENTS_FILE: z
    .string()
    .optional()
    .describe(
      'Manifest of trusted documents (npm run trusted-documents), each also served at /rest/<name>; looked at every SUPERGRAPH_POLL_MS',
    ),
  PERSISTED_QUERIES: flag()
    .prefault('true')
    .describe(
      'Whether clients may send a query once and its hash from then on (APQ); off where documents are enforced',
    ),
  PERSISTED_QUERIES_BYTES: wholeNumber({ min: 65_536 })
    .default(16_777_216)
    .describe('Bytes of such queries that this process remembers, and that it writes to Redis in an hour'),
  SUBGRAPH_TIMEOUT_MS: wholeNumber({ min: 50 })
    .default(5_000)
    .describe('Milliseconds that a subgraph has to answer one request'),
  SUBGRAPH_CONNECTIONS: wholeNumber({ min: 1, max: 1_000 })
    .default(64)
    .describe('Connections for requests to one subgraph at most; each carries one request at a time'),
  SUBGRAPH_QUEUE: wholeNumber({ max: 1_000_000 })
    .default(1_000)
    .describe('Requests that may wait for a connection to one subgraph; one more is refused'),
  SUBGRAPH_ANSWER_LIMIT_BYTES: wholeNumber({ min: 1_024 })
    .default(16_777_216)
    .describe('Bytes that the answer of a subgraph may have'),
  SUBGRAPH_RETRIES: wholeNumber({ max: 10 })
    .default(1)
    .describe(
      'How often a query that a subgraph did not answer is sent again, within SUBGRAPH_TIMEOUT_MS; a mutation only where it was not sent at all',
    ),
  SUBGRAPH_SHARING: flag()
    .prefault('true')
    .describe('Whether a query that is the same for everybody is sent once while it is under way'),
  SUBGRAPH_BREAKER_FAILURES: wholeNumber({ min: 1 })
    .default(10)
    .describe('Requests in a row that a subgraph does not answer until it is not asked any more'),
  SUBGRAPH_BREAKER_MS: wholeNumber({ min: 10, max: 600_000 })
    .default(1_000)
    .describe('Milliseconds for which it is not; then one request tries it'),
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
  RESPONSE_CACHE: flag()
    .prefault('true')
    .describe('Whether answers that are the same for everybody are kept for as long as @cacheControl says'),
  ENTITY_CACHE: flag()
    .prefault('true')
    .describe('Whether what subgraphs say that is the same for everybody is kept for as long as @cacheControl says'),
  CACHE_LOCAL_BYTES: wholeNumber({ min: 65_536 })
    .default(33_554_432)
    .describe(
      'Bytes of answers and entities that each process keeps at most; Redis, where one is named, keeps them too',
    ),
  CACHE_REDIS_BYTES: wholeNumber({ min: 65_536 })
    .default(67_108_864)
    .describe(
      'Bytes that each process writes to the caches in Redis in five minutes: at most twice as many stand there',
    ),
  CACHE_REDIS_TIMEOUT_MS: wholeNumber({ min: 1, max: 5_000 })
    .default(50)
    .describe('Milliseconds that Redis has to find what is kept; later it is asked for anew'),
  BODY_LIMIT_BYTES: wholeNumber({ min: 1_024 }).default(262_144).describe('Bytes that the body of a request may have'),
  REQUEST_TIMEOUT_MS: wholeNumber({ min: 100, max: 600_000 })
    .default(15_000)
    .describe('Milliseconds that a query or mutation may take in all, whatever subgraphs it asks'),
  KNOWN_OPERATIONS_BYTES: wholeNumber({ min: 1_048_576 })
    .default(134_217_728)
    .describe('Bytes that operations take at most of which the process keeps how they are executed, by estimate'),
  MAX_TOKENS: wholeNumber({ min: 100, max: 100_000 })
    .default(10_000)
    .describe('Words, numbers and signs that the text of a document may have'),
  MAX_DEPTH: wholeNumber({ min: 1, max: 100 }).default(20).describe('Levels of fields that an operation may ask for'),
  MAX_SELECTIONS: wholeNumber({ min: 100, max: 10_000 })
    .default(1_000)
    .describe('Fields and fragments that a document may ask for, fragments counted wherever they are spread'),
  MAX_ROOT_FIELDS: wholeNumber({ min: 1 }).default(50).describe('Fields that an operation may begin with'),
  MAX_ALIASES: wholeNumber().default(100).describe('Aliases that an operation may have'),
  MAX_DIRECTIVES: wholeNumber().default(100).describe('Directives that an operation may have'),
  MAX_COST: wholeNumber({ min: 1 })
    .default(2_000)
    .describe('What an operation may cost, by @cost and @listSize: about so many objects that its answer may hold'),
  ASSUMED_LIST_SIZE: wholeNumber({ min: 1, max: 1_000 })
    .default(10)
    .describe('Items of a list that cost counts where the schema does not say how many there are'),
  RATE_ANONYMOUS_COST_PER_SECOND: wholeNumber()
    .default(2_000)
    .describe('What the operations of an address that nobody is signed in at may cost a second for long; 0 for any'),
  RATE_USER_COST_PER_SECOND: wholeNumber()
    .default(4_000)
    .describe('What the operations of a user may cost a second for long; 0 for any'),
  RATE_BURST_SECONDS: wholeNumber({ min: 1, max: 3_600 })
    .default(60)
    .describe('Seconds of that which a client may use at once'),
  SUGGESTIONS: flag()
    .optional()
    .describe(
      'Whether errors say which names of the schema come close to a wrong one; in development true, in production false',
    ),
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
  ACCESS_REFUSAL: z
    .enum(['fields', 'operation'])
    .default('fields')
    .describe(
      'What is refused to a caller who asks for something that needs another role: those fields, which are null with an error, or the whole operation',
    ),
  COMPRESSION_MIN_BYTES: wholeNumber()
    .default(1_024)
    .describe('Bytes from which on an answer is compressed for clients that take it so'),
  STRICT_TRANSPORT_SECONDS: wholeNumber()
    .default(0)
    .describe(
      'Seconds for which browsers are told to come by HTTPS only (Strict-Transport-Security), for a gateway that is reached by HTTPS alone; 0 for nothing',
    ),
  GATEWAY_PROCESSES: wholeNumber({ max: 256 })
    .default(1)
    .describe('Processes that serve together on the same port; 0 for as many as there are processors'),
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
    ({ SHUTDOWN_SPREAD_MS, SHUTDOWN_TIMEOUT_MS, TRUSTED_DOCUMENTS, TRUSTED_DOCUMENTS_FILE }) => [
      ...(SHUTDOWN_SPREAD_MS + afterSpreadMs <= SHUTDOWN_TIMEOUT_MS
        ? []
        : [`SHUTDOWN_SPREAD_MS: must be at least ${afterSpreadMs} less than SHUTDOWN_TIMEOUT_MS`]),
      ...(TRUSTED_DOCUMENTS === 'off' || TRUSTED_DOCUMENTS_FILE
        ? []
        : ['TRUSTED_DOCUMENTS_FILE: is required where TRUSTED_DOCUMENTS is log or enforce']),
    ],
  );
  const isProduction = config.NODE_ENV === 'production';
  return {
    ...config,
    EXPLORER: config.EXPLORER ?? !isProduction,
    SUGGESTIONS: config.SUGGESTIONS ?? !isProduction,
    /** The one that is sent; the other is for subgraphs to know while it is being changed. */
    GATEWAY_SECRET: config.GATEWAY_SECRET?.[0],
  };
}

export type Config = ReturnType<typeof readConfig>;

/** @apollo/gateway reports usage to its vendor unless this is set before it is made; here it does so only when asked to. */
export function disableVendorTelemetry(environment: Environment = process.env): void {
  environment.APOLLO_TELEMETRY_DISABLED ??= '1';
}
