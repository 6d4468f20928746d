/** Settings that a deployment leaves at the default of the config.ts that reads them, and why that suits it. */
export type LeftAtDefault = Record<string, Record<string, string>>;

const tuning = 'a value for one machine, which suits a container';
const replay = 'only for FEED=replay';
const rule = 'a rule of the product, the same everywhere';
const onlyFor = (what: string) => `only for ${what}`;

/** In both deployments, by service; `every process` is what all of them read. */
export const leftAtDefault: LeftAtDefault = {
  'every process': {
    AUTH_ISSUER: 'a name that all of them agree on',
    DATABASE_POOL_SIZE: tuning,
    REDIS_PREFIX: 'the Redis is not shared with another system',
  },
  gateway: {
    SUPERGRAPH_FILE: 'the image has its own',
    SUBGRAPH_TIMEOUT_MS: tuning,
    SUBGRAPH_CONNECTIONS: tuning,
    BODY_LIMIT_BYTES: tuning,
    SOCKET_MESSAGE_LIMIT_BYTES: tuning,
  },
  auth: {
    ACCESS_TOKEN_SECONDS: rule,
    REFRESH_TOKEN_DAYS: rule,
    SESSION_MAX_DAYS: rule,
    REFRESH_GRACE_SECONDS: rule,
    SIGNING_KEY_DAYS: rule,
    SIGN_IN_MAX_FAILURES: rule,
    SIGN_IN_WINDOW_MINUTES: rule,
  },
  'market-data': {
    STALE_AFTER_MS: tuning,
    TICK_WAIT_MS: tuning,
    TICKS_IN_MEMORY: tuning,
    TICKS_KEPT: tuning,
    MAX_SPREAD_BPS: tuning,
    INGEST_BUFFER_TICKS: tuning,
    SIMULATOR_SEED: onlyFor('simulations that are to be repeated'),
    SIMULATOR_XAU_USD: onlyFor('the simulator'),
    REPLAY_FILE: replay,
    REPLAY_SYMBOL: replay,
    REPLAY_SPEED: replay,
    REPLAY_MAX_GAP_MS: replay,
  },
  pricing: {
    TICK_WAIT_MS: tuning,
    TICKS_IN_MEMORY: tuning,
    LINE_ROUNDING_BUY: rule,
    LINE_ROUNDING_SELL: rule,
    QUOTE_TTL_SECONDS: rule,
    QUOTE_LIMIT_PER_CUSTOMER: rule,
    QUOTE_MAX_TICK_AGE_MS: rule,
  },
  order: {
    QUOTE_GRACE_MS: rule,
    PAYMENT_WINDOW_SECONDS: rule,
  },
  notification: {
    TWILIO_API_URL: onlyFor('tests'),
    DELIVERY_MAX_ATTEMPTS: tuning,
    DELIVERY_RETRY_MS: tuning,
    DELIVERY_LEASE_MS: tuning,
    DELIVERY_POLL_MS: tuning,
    DELIVERY_CONCURRENCY: tuning,
    DELIVERY_RECIPIENT_WAIT_MS: tuning,
    TICK_WAIT_MS: tuning,
    TICKS_IN_MEMORY: tuning,
    ALERT_LIMIT: rule,
    ALERT_HYSTERESIS_BPS: rule,
  },
};

/** In docker-compose.yml only. */
export const leftAtDefaultInCompose: LeftAtDefault = {
  'every process': { SHUTDOWN_TIMEOUT_MS: 'stop_grace_period is longer' },
  notification: { MAIL_FROM: 'the catcher takes mail from anybody' },
};
