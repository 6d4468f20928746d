import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readEnvironment, urlOf, wholeNumber } from '#shared/environment.ts';
import { services } from './services.ts';
import type { Service } from './services.ts';

/** What the scripts of this folder take from the environment. Every setting has a default. */
export type LocalSettings = {
  /** The top of the repository. */
  root: string;
  /** Where databases, logs and stamps live; `.data` at the top unless DATA_DIRECTORY says otherwise. */
  dataDirectory: string;
  /** The gateway's port; the others follow it. */
  portBase: number;
  /** Databases that are not to be embedded, by service name. */
  databaseUrls: Readonly<Record<string, string>>;
  redisUrl: string | undefined;
  smtpUrl: string | undefined;
  /** Where market-data takes prices from, for the list of addresses; its own config.ts decides and checks. */
  feeds: string;
  /** A PostgreSQL server for tests, with the right to create databases; embedded when unset. */
  testDatabaseUrl: string | undefined;
  /** What child processes inherit. */
  environment: NodeJS.ProcessEnv;
};

/** The settings besides the *_DATABASE_URL of each service, with their meaning for .env.example. */
export const settings = {
  PORT_BASE: wholeNumber({ min: 1024, max: 65_000 })
    .default(4000)
    .describe("The gateway's port on this machine; the other processes take the ports above it"),
  DATA_DIRECTORY: z
    .string()
    .default('.data')
    .describe('Where npm start keeps embedded databases and logs; from the top of the repository'),
  REDIS_URL: urlOf(['redis', 'rediss']).optional().describe('A Redis to use instead of an embedded one'),
  SMTP_URL: urlOf(['smtp', 'smtps'])
    .optional()
    .describe('A mail server to send by, instead of the mail catcher on this machine'),
  TEST_DATABASE_URL: urlOf(['postgresql', 'postgres'])
    .optional()
    .describe('A PostgreSQL server for npm test, with the right to create databases, instead of an embedded one'),
};

const root = resolve(import.meta.dirname, '..');

/**
 * Reads the settings from the environment, and before it from the optional `.env` at the top: the real environment
 * wins.
 *
 * @throws EnvironmentError with every problem at once
 */
export function readSettings(): LocalSettings {
  const file = join(root, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
  return parseSettings(process.env, services);
}

/** The same from a given environment, for tests. */
export function parseSettings(environment: NodeJS.ProcessEnv, of: readonly Service[]): LocalSettings {
  const variables = of.flatMap(({ name, databaseVariable }) => (databaseVariable ? [{ name, databaseVariable }] : []));
  const databaseUrl = urlOf(['postgresql', 'postgres']).optional();
  const values: Record<string, unknown> = readEnvironment(
    'npm start',
    { ...settings, ...Object.fromEntries(variables.map((variable) => [variable.databaseVariable, databaseUrl])) },
    environment,
  );
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const databaseUrls = variables.flatMap(({ name, databaseVariable }) => {
    const value = text(databaseVariable);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    root,
    dataDirectory: resolve(root, text('DATA_DIRECTORY') ?? ''),
    portBase: Number(values.PORT_BASE),
    databaseUrls: Object.fromEntries(databaseUrls),
    redisUrl: text('REDIS_URL'),
    smtpUrl: text('SMTP_URL'),
    feeds: environment.FEEDS || 'simulator',
    testDatabaseUrl: text('TEST_DATABASE_URL'),
    environment,
  };
}
