import { join } from 'node:path';
import { contractManifestFile } from './generation-steps.ts';
import type { LocalSettings } from './config.ts';
import type { Service, ServiceProcess } from './services.ts';

/** Where the running system keeps its data: what the processes are told besides the user's own environment. */
export type Addresses = {
  databaseUrlOf(service: Service): string;
  redisUrl: string;
  smtpUrl: string;
  /** What only a service itself is told, by its name. */
  secrets: Readonly<Record<string, NodeJS.ProcessEnv>>;
};

/** The port of a process on this machine. */
export function portOf(process: { portOffset: number }, settings: LocalSettings): number {
  return settings.portBase + process.portOffset;
}

/** The environment of one service process: the user's, and the addresses of what it talks to. */
export function processEnvironment(
  process: ServiceProcess,
  options: { settings: LocalSettings; services: readonly Service[]; addresses: Addresses },
): NodeJS.ProcessEnv {
  const { settings, services, addresses } = options;
  const { service } = process;
  const auth = services.find(({ name }) => name === 'auth');
  const subgraphUrls = services.flatMap((other) =>
    other.urlVariable ? [[other.urlVariable, `http://127.0.0.1:${portOf(other, settings)}/graphql`]] : [],
  );
  return {
    NODE_ENV: 'development',
    ...(auth && { AUTH_JWKS_URL: `http://127.0.0.1:${portOf(auth, settings)}/.well-known/jwks.json` }),
    ...addresses.secrets[service.name],
    // Served at /rest; any other document is served as well, unless TRUSTED_DOCUMENTS says otherwise.
    ...(service.name === 'gateway' && { TRUSTED_DOCUMENTS_FILE: join(settings.root, contractManifestFile) }),
    ...settings.environment,
    HOST: '127.0.0.1',
    PORT: String(portOf(process, settings)),
    ROLE: process.role,
    REDIS_URL: addresses.redisUrl,
    ...(service.name === 'notification' && { SMTP_URL: addresses.smtpUrl }),
    ...(service.databaseVariable ? { [service.databaseVariable]: addresses.databaseUrlOf(service) } : {}),
    // Only the gateway knows the others.
    ...(service.urlVariable ? {} : Object.fromEntries(subgraphUrls)),
    NODE_COMPILE_CACHE: join(settings.dataDirectory, 'compile-cache'),
  };
}
