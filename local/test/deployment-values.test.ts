import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { listChartExamples, loadConfig, processes, readChartValues, readText } from './deployment-files.ts';
import { expectComplete, expectDefaults, isSecret, variableOf } from './deployment-settings.ts';
import type { ServiceProcess } from '../services.ts';

const chart = readChartValues();
type Exposed = { ingress?: { enabled: boolean } };

describe("the chart's values", () => {
  const variablesOf = ({ service }: ServiceProcess) => {
    const { env = {}, secretEnv = [], optionalSecretEnv = [] } = chart.services[service.name]!;
    const { shared } = chart.secrets;
    const isGateway = service.name === 'gateway';
    const subgraphs = Object.keys(chart.services).filter((name) => name !== 'gateway');
    return [
      'PORT',
      'AUTH_JWKS_URL',
      ...Object.keys(chart.env),
      ...Object.keys(env),
      ...secretEnv,
      ...optionalSecretEnv,
      ...shared.env,
      ...(isGateway ? subgraphs.map((name) => `${variableOf(name)}_URL`) : ['ROLE']),
    ];
  };

  test('has every service in every role', () => {
    const present = Object.entries(chart.services).flatMap(([name, { worker }]) => [
      name,
      ...(worker ? [`${name}-worker`] : []),
    ]);
    expect(present.sort()).toEqual(processes.map(({ name }) => name).sort());
  });

  test.each(processes)('gives $name every setting that its config.ts reads, and no other', async (process) => {
    const { settings } = await loadConfig(process);
    expectComplete(Object.keys(settings), variablesOf(process));
  });

  test.each(processes)('gives $name the defaults of its config.ts', async (process) => {
    const { settings } = await loadConfig(process);
    expectDefaults(settings, { ...chart.env, ...chart.services[process.service.name]!.env });
  });

  test.each(processes)('runs $name at the port and by the entry of its service', ({ service, role }) => {
    const { entry, port, image, migration } = chart.services[service.name]!;
    expect({ entry, port }).toEqual({ entry: service.entry, port: 4000 + service.portOffset });
    expect(image).toBe(service.name === 'gateway' ? 'gateway' : 'subgraphs');
    expect(migration !== undefined).toBe(service.databaseVariable !== undefined);
    expect(['server', 'worker']).toContain(role);
  });

  test('has no secret in its values, and makes none by itself', () => {
    expect(chart.secrets).toMatchObject({ create: false, values: {} });
    const plain = [chart.env, ...Object.values(chart.services).map(({ env }) => env ?? {})];
    expect(plain.flatMap(Object.keys).filter(isSecret)).toEqual([]);
    for (const env of plain) for (const value of Object.values(env)) expect(value).not.toContain('://');
  });

  test('keeps every secret setting and every address with a password in a secret', async () => {
    for (const process of processes) {
      const { service } = process;
      const { secretEnv = [], optionalSecretEnv = [] } = chart.services[service.name]!;
      const names = [...secretEnv, ...optionalSecretEnv, ...chart.secrets.shared.env];
      const { settings } = await loadConfig(process);
      const sensitive = Object.keys(settings).filter(
        (name) => isSecret(name) || /^(REDIS|SMTP|.*DATABASE)_URL$/.test(name),
      );
      expect(sensitive.filter((name) => !names.includes(name))).toEqual([]);
    }
  });

  test('trusts the ingress, where an example has one, to tell its clients apart', () => {
    const examples = listChartExamples().map((file) => parse(readText(file)) as Partial<typeof chart> & Exposed);
    const exposed = examples.filter(({ ingress }) => ingress?.enabled);
    expect(exposed.length).toBeGreaterThan(0);
    for (const { services } of exposed) expect(Number(services?.gateway?.env?.TRUSTED_PROXIES)).toBeGreaterThan(0);
  });

  test('has an ingester that leads and one that stands by', () => {
    expect(chart.services['market-data']?.worker).toMatchObject({ replicas: 2 });
  });
});
