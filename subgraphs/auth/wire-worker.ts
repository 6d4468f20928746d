import { databaseCheck } from '#shared/database.ts';
import { createOutboxRelay } from '#shared/events/outbox-relay.ts';
import { createHousekeeping } from '#shared/housekeeping.ts';
import { createHttpServer } from '#shared/http-server.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis, redisCheck } from '#shared/redis.ts';
import { repeat } from '#shared/repeat.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { processName } from '#shared/service-settings.ts';
import type { Config } from './config.ts';
import { openDatabase, openLogger, rotationTimes } from './connections.ts';
import { removeExpired } from './jobs/remove-expired.ts';
import { createTellEndedSessions } from './jobs/tell-ended-sessions.ts';
import { createKeySealer } from './key-sealer.ts';
import { rotateSigningKeys } from './rotate-signing-keys.ts';

const hourMs = 3_600_000;
/** Often enough that a key which is due is published long before it signs. */
const rotationMs = 600_000;

/**
 * The worker: tells other services what has happened here and the gateways whose session has ended, rotates signing keys
 * and removes what is over.
 * @param now tells the time
 */
export function wireWorker(config: Config, now: () => Date = () => new Date()): WiredProcess {
  const logger = openLogger(config);
  const database = openDatabase(config);
  const redis = createRedis(config.REDIS_URL, logger);
  const metrics = createMetrics(processName('auth', config));
  const sealer = createKeySealer(config.AUTH_KEY_SECRET);
  const jobs = [
    createOutboxRelay({ database, redis, prefix: config.REDIS_PREFIX, logger, metrics }),
    createTellEndedSessions({
      database,
      databaseUrl: config.AUTH_DATABASE_URL,
      redis,
      prefix: config.REDIS_PREFIX,
      lifetimeMs: rotationTimes(config).tokenLifetimeMs,
      logger,
      now,
    }),
    createHousekeeping({ database, tables: ['outbox_message'], logger }),
    repeat({
      name: 'rotate-signing-keys',
      everyMs: rotationMs,
      logger,
      async work() {
        const changed = await rotateSigningKeys({ database, sealer, times: rotationTimes(config), now: now() });
        if (changed.created.length + changed.removed.length > 0) logger.info(changed, 'signing keys rotated');
      },
    }),
    repeat({
      name: 'remove-expired',
      everyMs: hourMs,
      logger,
      work: () => removeExpired(database, { now: now(), signInWindowMs: config.SIGN_IN_WINDOW_MINUTES * 60_000 }),
    }),
  ];
  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics,
    checks: { postgresql: databaseCheck(database), redis: redisCheck(redis) },
    onError: (err) => logger.error({ err }, 'request failed'),
  });
  return {
    logger,
    async start() {
      for (const job of jobs) job.start();
      return http.listen();
    },
    async stop() {
      await http.close();
      await Promise.all(jobs.map((job) => job.close()));
      await database.$disconnect();
      closeRedis(redis);
    },
  };
}
