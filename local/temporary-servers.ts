import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimDataDirectory, isAbandoned } from './data-directory.ts';
import { findFreePort } from './ports.ts';
import { embeddedDatabaseUrl, postgresReady, preparePostgres } from './postgres.ts';
import { chooseRedis, redisReady } from './redis.ts';
import { startServer } from './server-process.ts';
import type { LocalSettings } from './config.ts';
import type { RedisChoice } from './redis.ts';
import type { Cleanup } from './script.ts';

/** Servers for one run of the tests. */
export type TemporaryServers = { postgresUrl: string; redis: RedisChoice };

const prefix = 'gold-supergraph-test-';

/**
 * Starts a PostgreSQL and a Redis on free ports with their data in a temporary folder, unless TEST_DATABASE_URL and
 * REDIS_URL name others; stopping them and removing the folder is handed to `onEnd`. Any number of runs can go on at
 * the same time. What an earlier run left behind because it was killed is stopped and removed first.
 *
 * @throws Error in a sentence when a server does not start
 */
export async function startTemporaryServers(
  settings: LocalSettings,
  onEnd: (cleanup: Cleanup) => void,
): Promise<TemporaryServers> {
  const { environment, redisUrl } = settings;
  await sweep();
  const directory = await mkdtemp(join(tmpdir(), prefix));
  const claim = await claimDataDirectory(directory);
  onEnd(() => rm(directory, { recursive: true, force: true }));
  // PostgreSQL passes through it as another user.
  await chmod(directory, 0o755);

  const startPostgres = async () => {
    if (settings.testDatabaseUrl !== undefined) return settings.testDatabaseUrl;
    const [port, data] = [await findFreePort(), join(directory, 'postgres')];
    const command = await preparePostgres({ directory: data, port, durable: false, environment });
    const server = await startServer(command, 'PostgreSQL', postgresReady);
    claim.noteChild({ name: 'postgres', pid: server.pid, mark: data, stopSignal: 'SIGINT' });
    onEnd(server.stop);
    return embeddedDatabaseUrl(port, 'postgres');
  };
  const startRedis = async () => {
    const port = await findFreePort();
    const redis = chooseRedis({ redisUrl, port, directory: join(directory, 'redis'), environment });
    if (redis.command) {
      const server = await startServer(redis.command, 'Redis', redisReady);
      claim.noteChild({ name: 'redis', pid: server.pid, mark: redis.mark, stopSignal: 'SIGTERM' });
      onEnd(server.stop);
    }
    return redis;
  };
  const [postgresUrl, redis] = await Promise.all([startPostgres(), startRedis()]);
  return { postgresUrl, redis };
}

async function sweep(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  const abandoned = names.map((name) => join(tmpdir(), name)).filter(isAbandoned);
  await Promise.all(
    abandoned.map(async (directory) => {
      // Claiming stops the servers.
      await claimDataDirectory(directory);
      await rm(directory, { recursive: true, force: true });
    }),
  );
}
