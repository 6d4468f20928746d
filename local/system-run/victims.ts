import assert from 'node:assert/strict';
import { createLogger } from '#shared/logger.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import { embeddedPortOffsets } from '../services.ts';
import type { RunningClone } from './running-clone.ts';

/** What is killed with -9: every process of the system in turn, server and worker of a service at once. */
export const victims: Record<string, RegExp> = {
  gateway: /gateway\/main\.ts/,
  auth: /subgraphs\/auth\/main\.ts/,
  'market-data': /subgraphs\/market-data\/main\.ts/,
  pricing: /subgraphs\/pricing\/main\.ts/,
  order: /subgraphs\/order\/main\.ts/,
  notification: /subgraphs\/notification\/main\.ts/,
  PostgreSQL: /bin\/postgres -D/,
  Redis: /js-redis\.ts/,
};

/** Kills what runs under a pattern, once it runs. @returns how many processes that were */
export async function kill(clone: RunningClone, pattern: RegExp): Promise<number> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = (await clone.processes()).filter(({ command }) => pattern.test(command));
    for (const { pid } of found) process.kill(pid, 'SIGKILL');
    if (found.length > 0) return found.length;
    assert.ok(Date.now() < deadline, 'there is no such process');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Empties the system's Redis. */
export async function flushRedis(clone: RunningClone): Promise<void> {
  const url = `redis://127.0.0.1:${clone.portBase + embeddedPortOffsets.redis}`;
  const redis = createRedis(url, createLogger({ service: 'system-run', level: 'silent' }));
  await redis.flushall();
  closeRedis(redis);
}
