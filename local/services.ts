/** A service of the system, with what every script of this folder has to know of it. */
export type Service = {
  name: string;
  /** Its folder's main.ts, run once for each role, from the top of the repository. */
  entry: string;
  /** Added to PORT_BASE: where the server listens, and where its worker answers health checks. */
  portOffset: number;
  workerPortOffset?: number;
  /** The environment variable of its own database, for services that have one. */
  databaseVariable?: string;
  /** The environment variable in which the gateway is told its GraphQL address. */
  urlVariable?: string;
};

/** One process of the running system: a service in one of its roles. */
export type ServiceProcess = { name: string; service: Service; role: 'server' | 'worker'; portOffset: number };

export const services: readonly Service[] = [
  subgraph('auth', 1),
  subgraph('market-data', 2),
  subgraph('pricing', 3),
  subgraph('order', 4),
  subgraph('notification', 5),
  { name: 'gateway', entry: 'gateway/main.ts', portOffset: 0 },
];

/** Ports of what the services stand on when it runs embedded, added to PORT_BASE. */
export const embeddedPortOffsets = { postgres: 20, redis: 21, smtp: 22, mailPage: 23 };

/** Every process of the services, each server followed by its worker. */
export function listProcesses(of: readonly Service[]): ServiceProcess[] {
  return of.flatMap((service): ServiceProcess[] => {
    const { name, portOffset, workerPortOffset } = service;
    const server: ServiceProcess = { name, service, role: 'server', portOffset };
    if (workerPortOffset === undefined) return [server];
    return [server, { name: `${name}-worker`, service, role: 'worker', portOffset: workerPortOffset }];
  });
}

/** The name of a service's database on the embedded server, such as market_data. */
export function databaseName(service: Service): string {
  return service.name.replaceAll('-', '_');
}

function subgraph(name: string, portOffset: number): Service {
  const prefix = name.toUpperCase().replaceAll('-', '_');
  return {
    name,
    entry: `subgraphs/${name}/main.ts`,
    portOffset,
    workerPortOffset: portOffset + 10,
    databaseVariable: `${prefix}_DATABASE_URL`,
    urlVariable: `${prefix}_URL`,
  };
}
