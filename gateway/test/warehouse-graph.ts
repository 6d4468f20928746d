import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { abortable } from '#shared/async-iteration.ts';
import { DomainError } from '#shared/errors.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { RequestContext } from '#shared/request-context.ts';
import { createSubgraphServer, type SubgraphServer } from '#shared/subgraph-server.ts';
import { formatTickReference } from '#shared/ticks/tick-reference.ts';
import { settledOrAborted } from '#shared/waiting.ts';
import { readConfig } from '../config.ts';
import { wire } from '../wiring.ts';

/**
 * A small graph of two real subgraphs behind a real gateway, with every federation feature that the project's own graph
 * may come to use: `sales` owns the subscription, `shop` joins entities, one field by `@requires`.
 */
const salesSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { latest: Int! }
  type Mutation { setLatest(value: Int!): Int! }
  type Subscription {
    itemSold(sku: ID = "A", after: String): Sale!
    clockTicked: Int!
  }
  interface Thing { sku: ID! }
  type Sale {
    sequence: Int!
    item: Item
    thing: Thing!
    note(upper: Boolean = false): String!
    broken: String
  }
  type Item implements Thing @key(fields: "sku") { sku: ID! weight: Int! }
`;
const shopSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])
  type Item @key(fields: "sku") {
    sku: ID!
    weight: Int! @external
    name: String
    shippingCost: Int @requires(fields: "weight")
    soldAt: String
    refused: String
  }
`;

type Sale = { sequence: number; sku: string };

/** @param settings environment variables of the gateway and the subgraphs, such as where keys of access tokens are */
export async function startWarehouse(settings: { AUTH_JWKS_URL?: string; AUTH_ISSUER?: string } = {}) {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const sales: Sale[] = [];
  const wakeUps = new Set<() => void>();
  let listeners = 0;
  let latest = 0;

  async function* soldItems(after: number, isOfTicks: boolean, signal: AbortSignal) {
    listeners += 1;
    try {
      let position = after;
      while (!signal.aborted) {
        for (const sale of sales.filter(({ sequence }) => sequence > position)) {
          position = sale.sequence;
          const { sequence } = sale;
          yield { itemSold: sale, ...(isOfTicks ? { tick: { symbol: 'SALE', sequence } } : { sequence }) };
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        wakeUps.add(resolve);
        await settledOrAborted(promise, signal);
        wakeUps.delete(resolve);
      }
    } finally {
      listeners -= 1;
    }
  }

  const start = async (sdl: string, resolvers: object, port: number) => {
    const server = createSubgraphServer<RequestContext>({
      schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: { ...resolvers } }]),
      config: { HOST: '127.0.0.1', PORT: port, AUTH_ISSUER: 'test', ...settings },
      logger,
      metrics: createMetrics('test'),
      checks: {},
      createContext: (base) => base,
    });
    return { server, port: await server.listen() };
  };

  const salesResolvers = {
    Query: { latest: () => latest },
    Mutation: { setLatest: (_: unknown, { value }: { value: number }) => (latest = value) },
    Subscription: {
      itemSold: {
        subscribe: (_: unknown, { sku, after }: { sku: string; after?: string }) => {
          if (sku === 'UNKNOWN') throw new DomainError('NOT_FOUND', 'No such item');
          if (after === '666')
            throw new DomainError('SEQUENCE_TOO_OLD', 'Too old', { details: { oldestSequence: '1' } });
          const from = after === undefined ? (sales.at(-1)?.sequence ?? 1) - 1 : Number(after);
          return abortable((signal) => soldItems(from, sku !== 'NO-TICKS', signal));
        },
      },
      clockTicked: {
        subscribe: () =>
          abortable(async function* () {
            yield { clockTicked: 1 };
            yield { clockTicked: 2 };
          }),
      },
    },
    Sale: {
      item: ({ sku }: Sale) => ({ sku }),
      thing: ({ sku }: Sale) => ({ __typename: 'Item', sku }),
      note: (_: unknown, { upper }: { upper: boolean }) => (upper ? 'SOLD' : 'sold'),
      broken: () => {
        throw new DomainError('CONFLICT', 'This field is always refused', { details: { hint: 'on purpose' } });
      },
    },
    Item: { __resolveReference: (item: object) => item, weight: () => 7 },
  };
  const shopResolvers = {
    Item: {
      __resolveReference: (item: object) => item,
      name: ({ sku }: Sale) => `item ${sku}`,
      shippingCost: ({ weight }: { weight: number }) => weight * 10,
      soldAt: (_: unknown, _arguments: unknown, { tick }: RequestContext) => (tick ? formatTickReference(tick) : null),
      refused: () => {
        throw new DomainError('FORBIDDEN', 'Not for you');
      },
    },
  };
  let salesProcess = await start(salesSdl, salesResolvers, 0);
  let shopProcess: { server: SubgraphServer; port: number } = await start(shopSdl, shopResolvers, 0);

  const url = (port: number) => `http://127.0.0.1:${port}/graphql`;
  const { supergraphSdl, errors } = composeServices([
    { name: 'sales', url: url(salesProcess.port), typeDefs: parse(salesSdl) },
    { name: 'shop', url: url(shopProcess.port), typeDefs: parse(shopSdl) },
  ]);
  if (!supergraphSdl) throw new Error(String(errors));
  const folder = await mkdtemp(join(tmpdir(), 'gold-gateway-'));
  const file = join(folder, 'supergraph.graphql');
  await writeFile(file, supergraphSdl);
  const gateway = await wire(readConfig({ PORT: '0', SUPERGRAPH_FILE: file, LOG_LEVEL: 'silent', ...settings }));
  const port = await gateway.start();

  return {
    url: url(port),
    sell(sku: string) {
      sales.push({ sequence: (sales.at(-1)?.sequence ?? 0) + 1, sku });
      for (const wakeUp of wakeUps) wakeUp();
    },
    /** Subscriptions that the owning subgraph is serving now. */
    listeners: () => listeners,
    stopSales: () => salesProcess.server.close(),
    startSales: async () => {
      salesProcess = await start(salesSdl, salesResolvers, salesProcess.port);
    },
    stopShop: () => shopProcess.server.close(),
    startShop: async () => {
      shopProcess = await start(shopSdl, shopResolvers, shopProcess.port);
    },
    async close() {
      await gateway.stop();
      await salesProcess.server.close();
      await shopProcess.server.close();
      await rm(folder, { recursive: true });
    },
  };
}

export type Warehouse = Awaited<ReturnType<typeof startWarehouse>>;
