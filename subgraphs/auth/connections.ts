import { PrismaClient } from '#prisma/auth/generated/client.ts';
import { databaseOptions } from '#shared/database.ts';
import { createLogger, type Logger } from '#shared/logger.ts';
import { processName } from '#shared/service-settings.ts';
import type { Config } from './config.ts';
import type { RotationTimes } from './domain/key-rotation.ts';

/** The logger of a process. */
export function openLogger(config: Config): Logger {
  return createLogger({ service: processName('auth', config), level: config.LOG_LEVEL });
}

/** This service's database. */
export function openDatabase(config: Config): PrismaClient {
  return new PrismaClient(databaseOptions({ url: config.AUTH_DATABASE_URL, poolSize: config.DATABASE_POOL_SIZE }));
}

/** How long keys sign, in milliseconds, and how long what they have signed is valid. */
export function rotationTimes(config: Config): RotationTimes {
  return { rotateAfterMs: config.SIGNING_KEY_DAYS * 86_400_000, tokenLifetimeMs: config.ACCESS_TOKEN_SECONDS * 1_000 };
}
