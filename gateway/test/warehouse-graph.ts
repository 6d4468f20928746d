import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { RequestContext } from '#shared/request-context.ts';
import { createSubgraphServer, type SubgraphServer } from '#shared/subgraph-server.ts';
import { startKeyServer, type KeyServer } from '#shared/testing/key-server.ts';
import { createTokenVerifier } from '#shared/token-verifier.ts';
import { readConfig } from '../config.ts';
import { wire } from '../wiring.ts';
import { createSales, salesSdl } from './warehouse/sales.ts';
import { createShop, shopSdl } from './warehouse/shop.ts';

type Settings = Record<string, string>;
type SchemaTexts = { sales: string; shop: string };
/** Gives the address by which the gateway reaches a subgraph, from the subgraph's own. */
type Ways = Partial<Record<keyof SchemaTexts, (url: string) => Promise<string>>>;

/**
 * A small graph of two real subgraphs behind a real gateway, with every federation feature that the project's own graph
 * may come to use: `sales` owns the subscriptions, `shop` joins entities, one field by `@requires`.
 * @param settings environment variables of the gateway, and where the subgraphs find the keys of access tokens
 * @param ways what is between the gateway and a subgraph; nothing without it
 */
export async function startWarehouse(settings: Settings = {}, ways: Ways = {}) {
  const keys = await startKeyServer();
  const sales = createSales();
  const shop = createShop();
  const salesServer = await startSubgraph(salesSdl, sales.resolvers, keys);
  const shopServer = await startSubgraph(shopSdl, shop.resolvers, keys);
  const salesUrl = (await ways.sales?.(salesServer.url)) ?? salesServer.url;
  const shopUrl = (await ways.shop?.(shopServer.url)) ?? shopServer.url;

  const folder = await mkdtemp(join(tmpdir(), 'gold-gateway-'));
  const file = join(folder, 'supergraph.graphql');
  async function publishSchema(texts: SchemaTexts): Promise<void> {
    const { supergraphSdl, errors } = composeServices([
      { name: 'sales', url: salesUrl, typeDefs: parse(texts.sales) },
      { name: 'shop', url: shopUrl, typeDefs: parse(texts.shop) },
    ]);
    if (!supergraphSdl) throw new Error(String(errors));
    await writeFile(`${file}.new`, supergraphSdl);
    await rename(`${file}.new`, file);
  }
  await publishSchema({ sales: salesSdl, shop: shopSdl });
  const gateways = createGateways({ file, keys, settings });
  const gateway = await gateways.start();

  return {
    ...gateway,
    /** The supergraph schema that the gateways serve. */
    file,
    /** Signs the access tokens that everybody here accepts. */
    keys,
    sales,
    shop,
    sell: (sku: string) => sales.sold.append({ sku }),
    setPrice: (sku: string, price: number) => sales.priced.append({ sku, price }),
    tell: (owner: string, text: string, sku = 'A') => sales.inboxOf(owner).append({ owner, text, sku }),
    /** Subscriptions to `itemSold` that the owning subgraph is serving now. */
    listeners: sales.sold.listeners,
    /** `Authorization` of every connection and HTTP request that a subgraph got: `undefined` where there was none. */
    credentials: { sales: salesServer.credentials, shop: shopServer.credentials },
    stopSales: salesServer.stop,
    startSales: salesServer.start,
    stopShop: shopServer.stop,
    startShop: shopServer.start,
    /** Another gateway before the same subgraphs. */
    startGateway: gateways.start,
    /**
     * Publishes the schema that is composed of changed texts; gateways take it that were started with SUPERGRAPH_POLL_MS.
     * The subgraphs themselves stay as they are.
     */
    changeSchema: (change: (texts: SchemaTexts) => SchemaTexts) =>
      publishSchema(change({ sales: salesSdl, shop: shopSdl })),
    async close() {
      await gateways.stop();
      await salesServer.stop();
      await shopServer.stop();
      await keys.close();
      await rm(folder, { recursive: true });
    },
  };
}

export type Warehouse = Awaited<ReturnType<typeof startWarehouse>>;
export type WarehouseGateway = Awaited<ReturnType<typeof startGateway>>;

/** Gateways before the subgraphs of one graph, which take the tokens that these keys sign. */
export function createGateways(options: { file: string; keys: KeyServer; settings: Settings }) {
  const { file, keys, settings } = options;
  const gateways: WarehouseGateway[] = [];
  return {
    /** Starts one more. @param more settings of its own */
    async start(more: Settings = {}): Promise<WarehouseGateway> {
      const gateway = await startGateway({
        SUPERGRAPH_FILE: file,
        SHUTDOWN_SPREAD_MS: '0',
        AUTH_JWKS_URL: keys.jwksUrl,
        AUTH_ISSUER: keys.issuer,
        ...settings,
        ...more,
      });
      gateways.push(gateway);
      return gateway;
    },
    /** Stops all of them. */
    stop: async () => void (await Promise.all(gateways.map((each) => each.stop()))),
  };
}

async function startGateway(settings: Settings) {
  const process = await wire(readConfig({ PORT: '0', LOG_LEVEL: 'silent', ...settings }));
  const origin = `http://127.0.0.1:${await process.start()}`;
  let stopped: Promise<void> | undefined;
  return {
    url: `${origin}/graphql`,
    /** Stops it; once. */
    stop: () => (stopped ??= process.stop()),
    /** One of its metrics, all labels together or those that have the labels as they are written: `transport="sse"`. */
    async metric(name: string, labels = ''): Promise<number> {
      const text = await (await fetch(`${origin}/metrics`)).text();
      const samples = text.split('\n').filter((line) => /^\w+/.exec(line)?.[0] === name && line.includes(labels));
      return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
  };
}

/** A subgraph that can be stopped and started again at the same address. */
export async function startSubgraph(sdl: string, resolvers: object, auth: { issuer: string; jwksUrl: string }) {
  const verifier = createTokenVerifier(auth);
  const credentials: (string | undefined)[] = [];
  let server: SubgraphServer;
  let port = 0;
  async function start(): Promise<void> {
    server = createSubgraphServer<RequestContext>({
      schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: { ...resolvers } }]),
      config: { HOST: '127.0.0.1', PORT: port, AUTH_ISSUER: auth.issuer },
      logger: createLogger({ service: 'test', level: 'silent' }),
      metrics: createMetrics('test'),
      checks: {},
      verifier: {
        verify(authorization) {
          credentials.push(authorization);
          return verifier.verify(authorization);
        },
      },
      createContext: (base) => base,
    });
    port = await server.listen();
  }
  await start();
  return { url: `http://127.0.0.1:${port}/graphql`, credentials, start, stop: () => server.close() };
}
