import { join } from 'node:path';
import { claimDataDirectory, findRunningPostgres } from './data-directory.ts';
import { findFreePort } from './ports.ts';
import { embeddedDatabaseUrl, postgresReady, preparePostgres } from './postgres.ts';
import { startServer } from './server-process.ts';
import { databaseName } from './services.ts';
import type { LocalSettings } from './config.ts';
import type { Service } from './services.ts';

/** Where each service's database is, for as long as `stop` has not been called. */
export type DatabaseServer = { urlOf(service: Service): string; stop(): Promise<void> };

/**
 * The databases for a script such as `npm run migrate`: those that the environment names, and for the others the
 * embedded PostgreSQL, either that of a running `npm start` or one started for the occasion.
 *
 * @throws Error in a sentence when the embedded server does not start
 */
export async function openDatabases(settings: LocalSettings, of: readonly Service[]): Promise<DatabaseServer> {
  const named = (service: Service) => settings.databaseUrls[service.name];
  if (of.every(named)) return { urlOf: (service) => named(service) ?? '', stop: async () => undefined };
  const running = findRunningPostgres(settings.dataDirectory);
  const embedded =
    running === undefined ? await startEmbedded(settings) : { port: running, stop: async () => undefined };
  return {
    urlOf: (service) => named(service) ?? embeddedDatabaseUrl(embedded.port, databaseName(service)),
    stop: embedded.stop,
  };
}

async function startEmbedded(settings: LocalSettings): Promise<{ port: number; stop(): Promise<void> }> {
  const claim = await claimDataDirectory(settings.dataDirectory);
  try {
    const port = await findFreePort();
    const directory = join(settings.dataDirectory, 'postgres');
    const command = await preparePostgres({ directory, port, durable: true, environment: settings.environment });
    const server = await startServer(command, 'PostgreSQL', postgresReady);
    claim.noteChild({ name: 'postgres', pid: server.pid, mark: directory, stopSignal: 'SIGINT' });
    const stop = async () => {
      await server.stop();
      claim.release();
    };
    return { port, stop };
  } catch (error) {
    claim.release();
    throw error;
  }
}
