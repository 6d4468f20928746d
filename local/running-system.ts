import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { allReady } from './all-ready.ts';
import { claimDataDirectory } from './data-directory.ts';
import { developmentSecrets } from './development-secrets.ts';
import { chooseMail } from './mail.ts';
import { assertFree } from './ports.ts';
import { embeddedDatabaseUrl } from './postgres.ts';
import { prepareDatabases } from './prepare-databases.ts';
import { portOf } from './process-environment.ts';
import { chooseRedis } from './redis.ts';
import { databaseName, embeddedPortOffsets, listProcesses } from './services.ts';
import { createSupervisor } from './supervisor.ts';
import { mailPlan, postgresPlan, redisPlan, servicePlan } from './system-plans.ts';
import type { LocalSettings } from './config.ts';
import type { MailChoice } from './mail.ts';
import type { Addresses } from './process-environment.ts';
import type { Progress } from './progress.ts';
import type { RedisChoice } from './redis.ts';
import type { Cleanup } from './script.ts';
import type { Service } from './services.ts';

/** What is running, and how to restart a part of it. */
export type RunningSystem = {
  redis: RedisChoice;
  mail: MailChoice;
  addresses: Addresses;
  restart(processName: string): Promise<void>;
};

/** A day: long enough to mend what does not start. */
const patienceMs = 86_400_000;

/**
 * Starts PostgreSQL and Redis (those that the settings do not place elsewhere), prepares the databases, and starts
 * every process of the services; resolves when all are ready. From then on whatever dies is started again.
 * Stopping is handed to `onEnd` as soon as there is something to stop.
 *
 * `fresh` deletes the embedded databases first. `patient` never gives up on a process that keeps ending (watch mode:
 * the next edit may mend it).
 *
 * @throws Error in a sentence: a taken port, a failed migration, a service that does not start
 */
export async function startSystem(options: {
  settings: LocalSettings;
  services: readonly Service[];
  progress: Progress;
  onEnd: (cleanup: Cleanup) => void;
  verbose?: boolean;
  fresh?: boolean;
  patient?: boolean;
}): Promise<RunningSystem> {
  const { settings, services, progress, onEnd } = options;
  const { dataDirectory, environment, redisUrl } = settings;
  const processes = listProcesses(services);
  const withDatabase = services.filter(({ databaseVariable }) => databaseVariable);
  const needsPostgres = withDatabase.some(({ name }) => settings.databaseUrls[name] === undefined);
  const postgresPort = portOf({ portOffset: embeddedPortOffsets.postgres }, settings);
  const redisPort = portOf({ portOffset: embeddedPortOffsets.redis }, settings);
  const redis = chooseRedis({ redisUrl, port: redisPort, directory: join(dataDirectory, 'redis'), environment });
  const smtpPort = portOf({ portOffset: embeddedPortOffsets.smtp }, settings);
  const pagePort = portOf({ portOffset: embeddedPortOffsets.mailPage }, settings);
  const directory = join(dataDirectory, 'mail');
  const mail = chooseMail({ smtpUrl: settings.smtpUrl, smtpPort, pagePort, directory, environment });

  const claim = await claimDataDirectory(dataDirectory);
  onEnd(async () => claim.release());
  if (options.fresh) rmSync(join(dataDirectory, 'postgres'), { recursive: true, force: true });
  await assertFree([
    ...processes.map((process) => ({ name: process.name, port: portOf(process, settings) })),
    ...(needsPostgres ? [{ name: 'the embedded PostgreSQL', port: postgresPort }] : []),
    ...(redis.command ? [{ name: 'Redis', port: redisPort }] : []),
    ...(mail.command ? [smtpPort, pagePort].map((port) => ({ name: 'the mail catcher', port })) : []),
  ]);

  const supervisor = createSupervisor({
    print: progress.line,
    logDirectory: join(dataDirectory, 'logs'),
    claim,
    verbose: options.verbose ?? false,
    attempts: options.patient ? undefined : 3,
  });
  onEnd(supervisor.stop);
  const addresses: Addresses = {
    databaseUrlOf: (service) =>
      settings.databaseUrls[service.name] ?? embeddedDatabaseUrl(postgresPort, databaseName(service)),
    redisUrl: redis.url,
    smtpUrl: mail.smtpUrl,
    secrets: developmentSecrets(dataDirectory),
  };

  const storage = [needsPostgres ? postgresPlan(settings) : undefined, redisPlan(redis), mailPlan(mail)].filter(
    (plan) => !!plan,
  );
  await Promise.all(storage.map(supervisor.start));
  if (needsPostgres) claim.notePostgresPort(postgresPort);
  await progress.step('Databases migrated and seeded', async () => {
    for (const line of await prepareDatabases(withDatabase, addresses.databaseUrlOf)) progress.line(`  ${line}`);
  });
  await progress.step(`${processes.length} processes started`, async () => {
    const plans = processes.map((process) => servicePlan(process, { settings, services, addresses }));
    const starting = plans.map((plan) => ({ name: plan.name, ready: supervisor.start(plan) }));
    await allReady(starting, {
      withinMs: options.patient ? patienceMs : 120_000,
      remindMs: 15_000,
      print: progress.line,
    });
  });
  return { redis, mail, addresses, restart: supervisor.restart };
}
