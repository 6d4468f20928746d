import { z } from 'zod';
import {
  environmentError,
  readEnvironment,
  urlOf,
  wholeNumber,
  type Environment,
  type Settings,
} from './environment.ts';
import { gatewaySecrets } from './gateway-secret.ts';

const nodeEnvironment = z
  .enum(['development', 'test', 'production'])
  .default('development')
  .describe('Development shows more and asks for less: no gateway secret, readable errors at start');

/** Settings that every process of the graph has, the gateway included. */
export function processSettings(defaultPort: number) {
  return {
    NODE_ENV: nodeEnvironment,
    HOST: z.string().default('127.0.0.1').describe('Address to listen on; 0.0.0.0 in a container'),
    PORT: wholeNumber({ max: 65535 }).default(defaultPort).describe('Port to listen on; 0 takes a free one'),
    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('Least severe level that is written to the log'),
    SHUTDOWN_TIMEOUT_MS: wholeNumber({ min: 100 })
      .default(8_000)
      .describe('Milliseconds that requests under way have to finish after SIGTERM'),
    AUTH_JWKS_URL: urlOf(['http', 'https'])
      .optional()
      .describe('Where the public keys of access tokens are; without it every caller is anonymous'),
    AUTH_ISSUER: z.string().default('gold-supergraph').describe('The `iss` that an access token must carry'),
    GATEWAY_SECRET: gatewaySecrets(),
  };
}

/** Settings that every subgraph has. */
export function subgraphSettings(defaultPort: number) {
  return {
    ...processSettings(defaultPort),
    ROLE: z
      .enum(['server', 'worker'])
      .default('server')
      .describe('server answers GraphQL; worker runs what happens in the background (feeds, jobs, relays)'),
    DATABASE_POOL_SIZE: wholeNumber({ min: 1, max: 200 })
      .default(10)
      .describe('Connections to PostgreSQL that one process holds at most'),
    REDIS_URL: redisUrl()
      .default('redis://127.0.0.1:6379')
      .describe('Redis for tick streams and queues; nothing in it is irreplaceable'),
    REDIS_PREFIX: redisPrefix(),
  };
}

/** A Redis connection URL. */
export function redisUrl() {
  return urlOf(['redis', 'rediss']);
}

/** What the names of a system's Redis keys begin with; the same for every process that shares something there. */
export function redisPrefix() {
  return z
    .string()
    .regex(/^[a-z0-9-]+$/, 'may have lower-case letters, digits and dashes')
    .default('gold')
    .describe('Begins the name of every Redis key, so that several systems can share one Redis');
}

/** A PostgreSQL connection URL. */
export function databaseUrl() {
  return urlOf(['postgresql', 'postgres']);
}

/**
 * Reads a process's settings from its environment, and checks what they must be together.
 * @param problemsOf names what is wrong although each setting by itself is not, as `NAME: what is wrong`
 * @throws EnvironmentError naming every problem at once
 */
export function readProcessConfig<T extends Settings>(
  service: string,
  settings: T,
  environment: Environment,
  problemsOf: (config: z.infer<z.ZodObject<T>>) => string[] = () => [],
): z.infer<z.ZodObject<T>> {
  const config = readEnvironment(service, settings, environment);
  const { NODE_ENV, GATEWAY_SECRET } = config as { NODE_ENV?: string; GATEWAY_SECRET?: string[] };
  const problems = problemsOf(config);
  if (NODE_ENV === 'production' && !GATEWAY_SECRET) problems.push('GATEWAY_SECRET: is required in production');
  if (problems.length === 0) return config;
  throw environmentError(service, problems);
}

/** What a process is called in logs and metrics: `order`, and its worker `order-worker`. */
export function processName(service: string, { ROLE }: { ROLE: 'server' | 'worker' }): string {
  return ROLE === 'worker' ? `${service}-worker` : service;
}
