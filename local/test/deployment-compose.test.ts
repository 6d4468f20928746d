import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makeContainerSecrets, renderContainerSecrets } from '../container-secrets.ts';
import { compose as tool } from '../deployment-tools.ts';
import { interpolate, loadConfig, processes, readCompose, readText, root } from './deployment-files.ts';
import { expectComplete, expectDefaults, isSecret, variableOf } from './deployment-settings.ts';
import { describeWith } from './deployment-tool-tests.ts';
import type { ServiceProcess } from '../services.ts';

const compose = readCompose();
const secrets = makeContainerSecrets();

describe('docker-compose.yml', () => {
  const environmentOf = ({ name }: ServiceProcess) => {
    const entries = Object.entries(compose.services[name]?.environment ?? {});
    return Object.fromEntries(entries.map(([key, value]) => [key, interpolate(String(value), secrets)]));
  };

  test('has every process, and beside them only storage, mail and a migration for each database', () => {
    const migrations = processes.flatMap(({ service, role }) =>
      service.databaseVariable && role === 'server' ? [`migrate-${service.name}`] : [],
    );
    const names = [...processes.map(({ name }) => name), ...migrations, 'postgres', 'redis', 'mail'];
    expect(Object.keys(compose.services).sort()).toEqual(names.sort());
  });

  test.each(processes)('gives $name every setting that its config.ts reads, and no other', async (process) => {
    const { settings } = await loadConfig(process);
    expectComplete(Object.keys(settings), Object.keys(environmentOf(process)));
  });

  test.each(processes)('gives $name the defaults of its config.ts where nobody says otherwise', async (process) => {
    const { settings } = await loadConfig(process);
    const entries = Object.entries(environmentOf(process)).filter(([name]) => !(name in secrets));
    expectDefaults(settings, Object.fromEntries(entries));
  });

  test.each(processes)('gives $name settings that it can start with', async (process) => {
    const { readConfig } = await loadConfig(process);
    const config = readConfig(environmentOf(process));
    expect(config).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0', PORT: 4000 + process.service.portOffset });
    if (process.service.name !== 'gateway') expect(config).toMatchObject({ ROLE: process.role });
  });

  test('names each address by the service and the port that are there', () => {
    const urls = processes.flatMap((process) =>
      Object.values(environmentOf(process)).filter((value) => value.startsWith('http:')),
    );
    expect(urls.length).toBeGreaterThan(processes.length);
    for (const url of urls) {
      const { hostname, port } = new URL(url);
      expect([url, Number(port)]).toEqual([url, compose.services[hostname]?.environment?.PORT]);
    }
  });

  test('gives each service its own database and its own role', () => {
    const owners = processes.flatMap(({ service, name }) => {
      const url = service.databaseVariable && compose.services[name]?.environment?.[service.databaseVariable];
      return url ? [[service.name, new URL(interpolate(String(url), secrets))] as const] : [];
    });
    for (const [service, { username, pathname, password }] of owners) {
      const database = service.replaceAll('-', '_');
      expect([username, pathname]).toEqual([database, `/${database}`]);
      expect(password).toBe(secrets[`${variableOf(service)}_DATABASE_PASSWORD`]);
    }
    expect(new Set(owners.map(([, { password }]) => password)).size).toBe(owners.length / 2);
  });

  test('migrates with the very database URL of the service, before either of its processes starts', () => {
    for (const { name, service } of processes) {
      if (!service.databaseVariable) continue;
      const migration = compose.services[`migrate-${service.name}`];
      const url = compose.services[name]?.environment?.[service.databaseVariable];
      expect(migration?.environment).toEqual({ [service.databaseVariable]: url });
      expect(compose.services[name]?.depends_on?.[`migrate-${service.name}`]?.condition).toBe(
        'service_completed_successfully',
      );
    }
  });

  test('has no secret in plain text', () => {
    for (const [name, { environment = {} }] of Object.entries(compose.services)) {
      for (const [key, value] of Object.entries(environment)) {
        if (isSecret(key))
          expect([name, key, value]).toEqual([name, key, expect.stringMatching(/^\$\{\w+:(\?.+|-)\}$/)]);
        expect(String(value)).not.toMatch(/:\/\/[^/:@]*:(?!\$\{)[^/]*@/);
      }
    }
  });

  test('refuses to start without the secrets that it cannot do without', () => {
    for (const process of processes)
      expect(() => interpolate(JSON.stringify(compose.services[process.name]), {})).toThrow('is required');
  });

  test('publishes the gateway and the mail page only, and both on this machine only', () => {
    const published = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => [name, port]),
    );
    expect(published).toEqual([
      ['gateway', expect.stringMatching(/^127\.0\.0\.1:.*:4000$/)],
      ['mail', expect.stringMatching(/^127\.0\.0\.1:.*:1080$/)],
    ]);
  });

  test('lets the gateway reach the subgraphs and Redis but no database, and nobody outside reach any of them', () => {
    const internal = Object.entries(compose.networks).flatMap(([name, network]) => (network?.internal ? [name] : []));
    expect(internal.sort()).toEqual(['graph', 'mail', 'news', 'storage']);
    expect(compose.services.gateway?.networks).toEqual(['outside', 'graph', 'news']);
    for (const { name, service, role } of processes) {
      if (service.name === 'gateway') continue;
      expect([name, compose.services[name]?.networks?.includes('graph')]).toEqual([name, role === 'server']);
    }
    expect(compose.services.postgres?.networks).toEqual(['storage']);
    expect(compose.services.redis?.networks).toEqual(['storage', 'news']);
  });

  test.each(processes)('confines $name, restarts it, and asks it whether it is ready', ({ name }) => {
    const service = compose.services[name];
    expect(service).toMatchObject({ restart: 'unless-stopped', read_only: true, cap_drop: ['ALL'] });
    expect(service?.healthcheck?.test?.join(' ')).toContain('/health/ready');
  });

  test.each(processes)('gives $name longer to stop than it takes at most', async (process) => {
    const { SHUTDOWN_TIMEOUT_MS } = (await loadConfig(process)).readConfig(environmentOf(process));
    expect(parseInt(compose.services[process.name]?.stop_grace_period ?? '0')).toBeGreaterThan(
      Number(SHUTDOWN_TIMEOUT_MS) / 1000,
    );
  });

  test('has room in PostgreSQL for the pools of all processes', async () => {
    const pools = await Promise.all(
      processes.map(async (process) =>
        Number((await loadConfig(process)).readConfig(environmentOf(process)).DATABASE_POOL_SIZE ?? 0),
      ),
    );
    const limit = Number(/max_connections=(\d+)/.exec(compose.services.postgres?.command?.join(' ') ?? '')?.[1]);
    expect(limit).toBeGreaterThanOrEqual(1.5 * pools.reduce((sum, size) => sum + size, 0));
  });

  test('makes the databases that the services are told of', () => {
    const script = readText('docker/postgres/create-databases.sql');
    for (const { service } of processes) {
      if (!service.databaseVariable) continue;
      const database = service.name.replaceAll('-', '_');
      expect(script).toMatch(new RegExp(`CREATE DATABASE "?${database}"? OWNER "?${database}"?;`));
      const password = `${variableOf(service.name)}_DATABASE_PASSWORD`;
      expect(script).toContain(` ${password}\n`);
      expect(compose.services.postgres?.environment).toHaveProperty(password);
    }
  });

  test('has nothing that dclint minds', () => {
    const dclint = join(root, 'node_modules/dclint/bin/dclint.cjs');
    const args = [dclint, '--max-warnings', '0', '-c', 'docker/dclint.json', 'docker-compose.yml'];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.anything()]);
  });
});

describeWith(tool)('docker compose', () => {
  const check = (environment: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'compose-'));
    try {
      writeFileSync(join(folder, 'compose.env'), environment);
      const args = ['--env-file', join(folder, 'compose.env'), 'config', '--quiet'];
      return spawnSync(tool.file, args, { cwd: root, encoding: 'utf8', env: {} });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('accepts docker-compose.yml with the secrets that are written for it', () => {
    expect(check(renderContainerSecrets(makeContainerSecrets()))).toMatchObject({ status: 0, stderr: '' });
  });

  test('refuses it without them, and says how to make them', () => {
    expect(check('').stderr).toContain('npm run containers:secrets');
  });
});
