import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { abortable } from '#shared/async-iteration.ts';
import { DomainError } from '#shared/errors.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { RequestContext } from '#shared/request-context.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import { createSubgraphServer } from '#shared/subgraph-server.ts';
import { createBell } from '#shared/waiting.ts';
import { readConfig } from '../config.ts';
import { wire } from '../wiring.ts';
import { startCuttableNetwork } from './cuttable-network.ts';
import { composeTickers, feedSdl, labelsSdl, namesSdl, type TickerSchema } from './ticker-schema.ts';

type Environment = Record<string, string>;

/**
 * Three real subgraphs that tick when they are told to, behind any number of real gateways, over a network that can be
 * cut. What the gateways know of the subgraphs is a file that can be replaced while they run.
 * @param settings environment variables of the gateways and the subgraphs
 */
export async function startTickers(settings: Environment = {}) {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const bell = createBell();
  const held = createBell();
  const isReleased = new AbortController();
  let latest = 1;
  let oldest = 0;
  let listeners = 0;
  let subscribed = 0;
  let heldRequests = 0;

  async function* ticks(after: number, signal: AbortSignal) {
    listeners += 1;
    try {
      for (let position = after; ; position += 1) {
        while (position >= latest) if (!(await bell.heard(signal))) return;
        if (signal.aborted) return;
        yield position + 1;
      }
    } finally {
      listeners -= 1;
    }
  }

  function follow<Event>(after: string | undefined, event: (sequence: number) => Event) {
    subscribed += 1;
    const position = after === undefined ? latest - 1 : Number(after);
    if (position > latest) throw new DomainError('SEQUENCE_AHEAD', 'Nothing is known of this');
    if (after !== undefined && position < oldest) throw new DomainError('SEQUENCE_TOO_OLD', 'Too old');
    return abortable(async function* (signal) {
      for await (const sequence of ticks(position, signal)) yield event(sequence);
    });
  }

  const feedResolvers = {
    Query: {
      latest: () => latest,
      async held() {
        heldRequests += 1;
        await held.heard(isReleased.signal);
        return latest;
      },
    },
    Subscription: {
      ticked: {
        subscribe(_: unknown, { symbol, after }: { symbol: string; after?: string }) {
          if (symbol === 'UNKNOWN') throw new DomainError('NOT_FOUND', 'No such metal');
          const place = (sequence: number) => ({ sequence, key: symbol });
          return follow(after, (sequence) => ({ ticked: { ...place(sequence), symbol }, ...place(sequence) }));
        },
      },
      traded: {
        subscribe: (_: unknown, { after }: { after?: string }) =>
          follow(after, (sequence) => ({ traded: { sequence, symbol: 'GOLD' }, sequence })),
      },
      myFill: {
        subscribe(_: unknown, { after }: { after?: string }, { caller }: RequestContext) {
          if (caller.kind !== 'user') throw new DomainError('UNAUTHENTICATED', 'Sign in first');
          return follow(after, (sequence) => ({ myFill: { sequence, owner: caller.userId }, sequence }));
        },
      },
    },
    Tick: {
      price: ({ sequence }: { sequence: number }) => 4_000 + sequence,
      volume: ({ sequence }: { sequence: number }) => sequence * 10,
      metal: ({ symbol }: { symbol: string }) => ({ symbol }),
    },
    Trade: { metal: ({ symbol }: { symbol: string }) => ({ symbol }) },
  };
  const metalResolvers = (word: string) => ({
    Metal: {
      __resolveReference: (metal: object) => metal,
      name: ({ symbol }: { symbol: string }) => `${word} of ${symbol}`,
      label: ({ symbol }: { symbol: string }) => `label of ${symbol}`,
    },
  });
  async function start(sdl: string, resolvers: object, port = 0) {
    const server = createSubgraphServer<RequestContext>({
      schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: { ...resolvers } }]),
      config: { HOST: '127.0.0.1', PORT: port, AUTH_ISSUER: 'test', ...settings },
      logger,
      metrics: createMetrics('test'),
      checks: {},
      createContext: (base) => base,
    });
    return { server, port: await server.listen() };
  }
  // The subgraphs serve everything that some supergraph says of them.
  const startFeed = (port?: number, schema: TickerSchema = { hasVolume: true }) => {
    const { volume, ...Tick } = feedResolvers.Tick;
    return start(feedSdl(schema), { ...feedResolvers, Tick: schema.hasVolume ? { ...Tick, volume } : Tick }, port);
  };
  let feed = await startFeed();
  const others = [
    await start(namesSdl({}), metalResolvers('name')),
    await start(labelsSdl({ nameIn: 'labels' }), metalResolvers('label')),
  ];
  const url = ({ port }: { port: number }) => `http://127.0.0.1:${port}/graphql`;
  const network = await startCuttableNetwork(url(feed));
  const urls = { feed: network.url, names: url(others[0]!), labels: url(others[1]!) };

  const folder = await mkdtemp(join(tmpdir(), 'gold-gateway-'));
  const file = join(folder, 'supergraph.graphql');
  const supergraphOf = (schema: TickerSchema) => composeTickers(urls, schema);
  const gateways = new Set<WiredProcess>();

  async function replaceFile(text: string): Promise<void> {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  }
  async function startGateway(more: Environment = {}) {
    const environment = { PORT: '0', SUPERGRAPH_FILE: file, LOG_LEVEL: 'silent', OPERATIONS_PER_SECOND: '1000000' };
    const gateway = await wire(readConfig({ ...environment, ...settings, ...more }));
    const port = await gateway.start();
    gateways.add(gateway);
    return {
      url: url({ port }),
      origin: `http://127.0.0.1:${port}`,
      async stop() {
        if (gateways.delete(gateway)) await gateway.stop();
      },
    };
  }
  await replaceFile(supergraphOf({}));

  return {
    gateway: await startGateway(),
    startGateway,
    network,
    tick(count = 1) {
      latest += count;
      bell.ring();
    },
    latest: () => latest,
    /** What was until now cannot be resumed any more. */
    forget: () => void (oldest = latest),
    /** Everything is lost that was: the sequence begins anew. */
    beginAnew: () => void (latest = 1),
    /** Subscriptions that the subgraph is serving now, and all that it was asked for. */
    listeners: () => listeners,
    subscribed: () => subscribed,
    /** Queries for `held` that wait; they are answered when they are released. */
    heldRequests: () => heldRequests,
    release: () => held.ring(),
    /** @param schema what the subgraph serves from now on */
    async restartFeed(schema?: TickerSchema, meanwhile: () => void = () => undefined) {
      const { port } = feed;
      await feed.server.close();
      meanwhile();
      feed = await startFeed(port, schema);
    },
    supergraphOf,
    replaceFile,
    replaceSupergraph: (schema: TickerSchema) => replaceFile(supergraphOf(schema)),
    async close() {
      isReleased.abort();
      for (const gateway of gateways) await gateway.stop();
      await network.close();
      for (const { server } of [feed, ...others]) await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

export type Tickers = Awaited<ReturnType<typeof startTickers>>;

/** The sum of a gateway's metric over all its labels, or over those samples whose labels contain a text. */
export async function metricOf({ origin }: { origin: string }, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
