import { join, resolve } from 'node:path';
import { postgresReady, preparePostgres } from './postgres.ts';
import { portOf, processEnvironment } from './process-environment.ts';
import { mailReady } from './mail.ts';
import { redisReady } from './redis.ts';
import { embeddedPortOffsets } from './services.ts';
import type { LocalSettings } from './config.ts';
import type { MailChoice } from './mail.ts';
import type { Addresses } from './process-environment.ts';
import type { RedisChoice } from './redis.ts';
import type { Service, ServiceProcess } from './services.ts';
import type { SupervisorPlan } from './supervisor.ts';

// Stopped from the highest to the lowest: the gateway is the door and closes first, what holds the data goes last.
const tiers = { storage: 0, subgraphs: 1, gateway: 2 };

/** The embedded PostgreSQL. */
export function postgresPlan(settings: LocalSettings): SupervisorPlan {
  const directory = join(settings.dataDirectory, 'postgres');
  const port = portOf({ portOffset: embeddedPortOffsets.postgres }, settings);
  return {
    name: 'postgres',
    tier: tiers.storage,
    prepare: () => preparePostgres({ directory, port, durable: true, environment: settings.environment }),
    readiness: { line: postgresReady },
    mark: directory,
    hasServiceLog: false,
  };
}

/** The Redis that is ours to run, if it is. */
export function redisPlan({ command, mark }: RedisChoice): SupervisorPlan | undefined {
  if (!command) return undefined;
  const readiness = { line: redisReady };
  return { name: 'redis', tier: tiers.storage, prepare: () => command, readiness, mark, hasServiceLog: false };
}

/** The mail catcher that is ours to run, if it is. */
export function mailPlan({ command, mark }: MailChoice): SupervisorPlan | undefined {
  if (!command) return undefined;
  const readiness = { line: mailReady };
  return { name: 'mail', tier: tiers.storage, prepare: () => command, readiness, mark, hasServiceLog: false };
}

/** A process of one of the services. */
export function servicePlan(
  process: ServiceProcess,
  options: { settings: LocalSettings; services: readonly Service[]; addresses: Addresses },
): SupervisorPlan {
  const { settings } = options;
  const file = resolve(settings.root, process.service.entry);
  const command = {
    // The Node that runs this, which is the project's own.
    file: globalThis.process.execPath,
    args: ['--disable-warning=ExperimentalWarning', file],
    cwd: settings.root,
    environment: processEnvironment(process, options),
    channel: true,
  };
  return {
    name: process.name,
    // Only the gateway has no address to be told to another.
    tier: process.service.urlVariable === undefined ? tiers.gateway : tiers.subgraphs,
    prepare: () => command,
    readiness: { url: `http://127.0.0.1:${portOf(process, settings)}/health/ready` },
    mark: file,
    hasServiceLog: true,
  };
}
