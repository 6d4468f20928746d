import type { Pace } from './feed.ts';
import type { BenchProcess, Launcher } from '../processes/launcher.ts';
import type { ClientOperation } from './operations.ts';
import type { Memory, Usage } from '../processes/report-usage.ts';

const folder = 'gateway/bench/fan-out';
const measured = ['--expose-gc', '--import', new URL('../processes/report-usage.ts', import.meta.url).href];

/** All clients come from one address, and those that do not read are to be there until the end. */
const limits = {
  SOCKETS_PER_CLIENT: '100000',
  OPERATIONS_PER_SECOND: '100000',
  SLOW_CLIENT_MS: '600000',
};

/** What the gateway counts of itself, and its subgraphs of requests for entities; without what it does not know. */
export type Counters = Partial<Record<keyof typeof counterNames | 'requests', number>>;

const counterNames = {
  upstreams: 'gold_gateway_upstreams',
  received: 'gold_gateway_events_received_total',
  executed: 'gold_gateway_events_executed_total',
  sent: 'gold_gateway_messages_sent_total',
  conflated: 'gold_gateway_messages_conflated_total',
  dropped: 'gold_gateway_messages_dropped_total',
  closed: 'gold_gateway_clients_closed_total',
};

/** A server that is measured, alone on its core. */
export type ServerUnderTest = {
  name: string;
  port: number;
  /** Makes ticks for its clients. @returns the last one's sequence */
  tick(pace: Pace): Promise<number>;
  usage(): Promise<Usage>;
  memory(): Promise<Memory>;
  counters(): Promise<Counters>;
  stop(): Promise<void>;
};

export type StartServer = (launcher: Launcher, operation: ClientOperation) => Promise<ServerUnderTest>;

/** The gateway as it is delivered, and the subgraphs that it asks. @param profileFolder where it leaves a CPU profile */
export function gatewayWith(profileFolder: string | undefined): StartServer {
  const profiling = profileFolder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileFolder];
  return async (launcher) => {
    const sources = await launcher.start(`${folder}/sources-process.ts`, 'beside');
    const urlOf = (subgraph: string) => `http://127.0.0.1:${sources.ports[subgraph]}/graphql`;
    const gateway = await launcher.start('gateway/main.ts', 'under test', {
      nodeArguments: [...measured, ...profiling],
      environment: {
        ...limits,
        PORT: '0',
        HOST: '127.0.0.1',
        LOG_LEVEL: 'info',
        GATEWAY_SECRET: 'of no use to anybody but this benchmark',
        MARKET_DATA_URL: urlOf('market-data'),
        ORDER_URL: urlOf('order'),
        PRICING_URL: urlOf('pricing'),
      },
    });
    return {
      ...asServer('gateway', gateway),
      tick: (pace) => sources.ask('tick', pace),
      async counters() {
        const { requests } = await sources.ask<{ requests: number }>('asked');
        return { ...(await readCounters(gateway.port)), requests };
      },
      async stop() {
        await gateway.stop();
        await sources.stop();
      },
    };
  };
}

/** One prepared buffer, sent to every socket of `ws`. */
export const bareWs = peer('bare ws', 'bare-ws-process.ts');

/** graphql-ws with a schema of its own, without a gateway. */
export const graphqlWs = peer('graphql-ws', 'graphql-ws-process.ts');

function peer(name: string, file: string): StartServer {
  return async (launcher, operation) => {
    const process = await launcher.start(`${folder}/${file}`, 'under test', { nodeArguments: measured });
    await process.ask('serve', operation);
    return {
      ...asServer(name, process),
      tick: (pace) => process.ask('tick', pace),
      counters: async () => ({}),
      stop: process.stop,
    };
  };
}

function asServer(name: string, { port, ask }: BenchProcess) {
  return { name, port, usage: () => ask<Usage>('usage'), memory: () => ask<Memory>('memory') };
}

/** The gateway's own counters, of all labels together. */
async function readCounters(port: number): Promise<Counters> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counters: Counters = {};
  for (const line of text.split('\n')) {
    const [, metric, value] = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    const known = Object.entries(counterNames).find(([, name]) => name === metric);
    if (!known) continue;
    const name = known[0] as keyof Counters;
    counters[name] = (counters[name] ?? 0) + Number(value);
  }
  return counters;
}
