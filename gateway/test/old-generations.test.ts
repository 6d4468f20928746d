import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymous } from '#shared/caller.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createKnownOperations } from '../queries/known-operations.ts';
import { createSubgraphRequests } from '../queries/requests/subgraph-requests.ts';
import { createAdmission } from '../security/limits/admission.ts';
import { createRates } from '../security/limits/rates.ts';
import { documentSettings } from '../security/limits/test/document-settings.ts';
import { createClientOperations, type ClientOperation } from '../subscriptions/client-operations.ts';
import type { JoinedStream } from '../subscriptions/stream-message.ts';
import { createStreamHub } from '../subscriptions/streams/stream-hub.ts';
import { createStreamMetrics } from '../subscriptions/streams/stream-metrics.ts';
import { createUnsafeFields } from '../subscriptions/plans/unsafe-fields.ts';
import { createUpstreamConnections } from '../subscriptions/upstreams/upstream-connections.ts';
import { createGeneration } from '../supergraph/generation.ts';
import { createValidDocuments } from '../valid-documents.ts';
import { collectGarbage } from './collected-heap.ts';
import { startTickers, type Tickers } from './ticker-graph.ts';
import type { TickerSchema } from './ticker-schema.ts';

let tickers: Tickers;
let streams: ReturnType<typeof wireStreams>;
beforeAll(async () => {
  tickers = await startTickers();
  streams = wireStreams();
});
afterAll(async () => {
  await streams.close();
  await tickers.close();
});

/** What the gateway is wired from, as far as streams go. */
function wireStreams() {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const metrics = createStreamMetrics(createMetrics('test'));
  const connections = createUpstreamConnections({ gatewaySecret: undefined, connections: 1 });
  const registry = createMetrics('test');
  const requests = createSubgraphRequests({
    urls: {},
    connections: 4,
    queue: 100,
    timeoutMs: 5_000,
    answerLimitBytes: 1_000_000,
    retries: 0,
    sharing: true,
    breakerFailures: 10,
    breakerMs: 1_000,
    gatewaySecret: undefined,
    metrics: registry,
    logger,
  });
  const rates = createRates({ anonymousPerSecond: 0, userPerSecond: 0, burstSeconds: 1 });
  const unsafe = createUnsafeFields();
  const hub = createStreamHub({ connections, unsafe, metrics, logger });
  const operations = createClientOperations({
    unsafe,
    requested: { read: ({ query }) => ({ query: String(query), isTrusted: false }) },
    operations: createKnownOperations({
      documents: createValidDocuments(documentSettings()),
      limitBytes: 10_000_000,
      hideSuggestions: false,
    }),
    admission: createAdmission({ maxCost: 1_000, rates, metrics: registry }),
    hub,
    execute: () => Promise.reject(new Error('there are no queries here')),
    reloadMs: 0,
    metrics,
    logger,
  });
  return {
    async load(schema: TickerSchema, name: string): Promise<WeakRef<object>> {
      const marked = `${tickers.supergraphOf(schema)}\nenum ${name} @join__type(graph: FEED) { ONE @join__enumValue(graph: FEED) }\n`;
      const generation = createGeneration(marked, requests.of);
      await operations.load(generation);
      return new WeakRef(generation);
    },
    /** A client that holds on to everything that it is given, as a connection does. */
    join(query: string): { operation: ClientOperation; joined: JoinedStream; received: string[]; endings: string[] } {
      const caller = {
        caller: anonymous,
        client: 'test',
        authorization: undefined,
        correlationId: 'test',
        userAgent: undefined,
      };
      const operation = operations.prepare({ query }, { ...caller, tick: undefined }, 'websocket');
      if (!('kind' in operation) || operation.kind !== 'subscription') throw new Error(JSON.stringify(operation));
      const received: string[] = [];
      const endings: string[] = [];
      const joined = operation.join({
        deliver: ({ body }) => received.push(String(body)),
        end: ({ kind }) => endings.push(kind),
      });
      return { operation, joined, received, endings };
    },
    async close() {
      hub.close();
      await connections.close();
      await requests.close();
    },
  };
}

test('nothing of an old generation stays, however many clients do that began with it', async () => {
  const generations = [await streams.load({}, 'First')];
  const clients = [streams.join('subscription { ticked { sequence metal { name } } }')];
  for (let round = 0; round < 20; round += 1) {
    clients.push(streams.join('subscription { ticked { sequence metal { name } } }'));
    clients.push(streams.join(`subscription { ticked { sequence alias${round}: metal { label } } }`));
    clients.push(streams.join(`subscription { traded { sequence alias${round}: metal { symbol } } }`));
    tickers.tick();
    const last = `"sequence":${tickers.latest()}`;
    await eventually(() => {
      for (const { received } of clients) expect(received.at(-1)).toContain(last);
    });
    const hasVolume = round % 2 === 0;
    generations.push(await streams.load({ hasVolume, nameIn: round % 3 === 0 ? 'labels' : 'names' }, `Round${round}`));
  }
  await collectGarbage();
  const alive = generations.flatMap((generation, index) => (generation.deref() ? [index] : []));
  expect(alive).toEqual([generations.length - 1]);
  tickers.tick();
  await eventually(() => {
    for (const { received, endings } of clients) {
      expect(endings).toEqual([]);
      expect(received.at(-1)).toContain(`"sequence":${tickers.latest()}`);
    }
  });
  for (const { joined } of clients) joined.leave('unsubscribed');
});

test('a new generation is planned for beside the events, and gone over to when all that runs has been', async () => {
  await streams.load({}, 'Before');
  const clients = Array.from({ length: 200 }, (_, index) =>
    streams.join(`subscription { ticked { sequence alias${index}: metal { name } } }`),
  );
  const loading = streams.load({ hasVolume: true }, 'After');
  let turns = 0;
  let isLoaded = false;
  void loading.then(() => (isLoaded = true));
  while (!isLoaded) {
    turns += 1;
    expect(() => streams.join('subscription { ticked { volume } }')).toThrow('Cannot query field');
    await new Promise(setImmediate);
  }
  expect(turns).toBeGreaterThan(3);
  clients.push(streams.join('subscription { ticked { sequence volume } }'));
  tickers.tick();
  await eventually(() => {
    for (const { received } of clients) expect(received.at(-1)).toContain(`"sequence":${tickers.latest()}`);
  });
  for (const { joined, endings } of clients) {
    expect(endings).toEqual([]);
    joined.leave('unsubscribed');
  }
});

test('of two generations that come quickly one after the other the newer one is served', async () => {
  await streams.load({}, 'Oldest');
  const clients = Array.from({ length: 100 }, (_, index) =>
    streams.join(`subscription { ticked { sequence alias${index}: metal { name } } }`),
  );
  await Promise.all([streams.load({ nameIn: 'nobody' }, 'Older'), streams.load({ hasVolume: true }, 'Newer')]);
  tickers.tick();
  await eventually(() => {
    for (const { received } of clients) expect(received.at(-1)).toContain(`"sequence":${tickers.latest()}`);
  });
  clients.push(streams.join('subscription { ticked { volume } }'));
  for (const { joined, endings } of clients) {
    expect(endings).toEqual([]);
    joined.leave('unsubscribed');
  }
});
