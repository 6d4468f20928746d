import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ZodRawShape } from 'zod';
import { parse } from 'yaml';
import { listProcesses, services } from '../services.ts';
import type { ServiceProcess } from '../services.ts';

/** What a config.ts exports. */
export type ServiceConfig = {
  settings: ZodRawShape;
  readConfig: (environment: Record<string, string | undefined>) => Record<string, unknown>;
};

/** A service of docker-compose.yml, as far as the tests look at it. */
export type ComposeService = {
  image: string;
  command?: string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  networks?: string[];
  restart?: string;
  read_only?: boolean;
  cap_drop?: string[];
  healthcheck?: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
};
type ComposeFile = { services: Record<string, ComposeService>; networks: Record<string, { internal?: boolean }> };

/** A service of the chart's values, as far as the tests look at it. */
export type ChartService = {
  image: string;
  entry: string;
  port: number;
  env?: Record<string, string>;
  secretEnv?: string[];
  optionalSecretEnv?: string[];
  migration?: { seed: boolean };
  server: { replicas: number; autoscaling?: { maxReplicas: number } };
  worker?: { replicas: number };
};
type ChartValues = {
  env: Record<string, string>;
  secrets: { create: boolean; values: object; shared: { env: string[] } };
  services: Record<string, ChartService>;
};

export const root = resolve(import.meta.dirname, '../..');

/** Every process that there has to be, in both deployments. */
export const processes: readonly ServiceProcess[] = listProcesses(services);

/** Reads docker-compose.yml, anchors and merges resolved, variables as they stand. */
export function readCompose(): ComposeFile {
  return parse(readText('docker-compose.yml'), { merge: true }) as ComposeFile;
}

/** Reads the chart's own values. */
export function readChartValues(): ChartValues {
  return parse(readText('helm/gold-supergraph/values.yaml')) as ChartValues;
}

/** Reads a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Values to render the chart with besides its own, as paths from the top. */
export function listChartExamples(): string[] {
  const directory = 'helm/gold-supergraph/examples';
  return readdirSync(join(root, directory)).map((name) => `${directory}/${name}`);
}

/** Loads the config.ts of the service that a process runs. */
export async function loadConfig({ service }: ServiceProcess): Promise<ServiceConfig> {
  return (await import(join(root, service.entry.replace(/main\.ts$/, 'config.ts')))) as ServiceConfig;
}

/** What Compose makes of `${NAME}`, `${NAME:-default}` and `${NAME:?message}`; throws where the last finds nothing. */
export function interpolate(text: string, variables: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, operator?: string, rest?: string) => {
    const value = variables[name];
    if (value) return value;
    if (operator === '?') throw new Error(`${name} is required`);
    return operator === '-' ? (rest ?? '') : '';
  });
}
