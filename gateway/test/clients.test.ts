import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { eventually } from '#shared/testing/eventually.ts';
import { chromiumIsInstalled, launchOfflineChromium } from '../pages/test/offline-chromium.ts';
import { eventSourceIn, graphqlSseIn } from './browser-clients.ts';
import { startCuttableNetwork, type CuttableNetwork } from './cuttable-network.ts';
import { nodeClients, type RealClient, type Sold } from './real-clients.ts';
import { startWarehouse, type Warehouse, type WarehouseGateway } from './warehouse-graph.ts';

const hasChromium = chromiumIsInstalled();
let warehouse: Warehouse;
let network: CuttableNetwork;
let gateway: WarehouseGateway;
let browser: Browser | undefined;
beforeAll(async () => {
  warehouse = await startWarehouse();
  gateway = await warehouse.startGateway();
  network = await startCuttableNetwork(gateway.url);
  if (hasChromium) browser = await launchOfflineChromium();
  warehouse.sell('A');
});
afterAll(async () => {
  await browser?.close();
  await network.close();
  await warehouse.close();
});

/** New connections reach another gateway, and the one that has served so far stops. */
async function deploy(): Promise<void> {
  const retired = gateway;
  gateway = await warehouse.startGateway();
  network.leadTo(gateway.url);
  await retired.stop();
}

/** Follows the sales with a client. `has` waits until so many have come. */
function follow(client: RealClient) {
  const seen: Sold[] = [];
  const problems: unknown[] = [];
  const stop = client.follow(network.url, {
    sold: (sold) => seen.push(sold),
    problem: (problem) => problems.push(problem),
  });
  const has = (count: number) =>
    eventually(() => {
      if (seen.length < count) throw new Error(`${client.name} has ${seen.length} of ${count}: ${String(problems)}`);
    });
  return { seen, problems, stop, has, sequences: () => seen.map(({ itemSold }) => itemSold.sequence) };
}

const dense = (sequences: number[]) => sequences.map((_, index) => sequences[0]! + index);
const nobodyListens = () => eventually(() => expect(warehouse.listeners()).toBe(0));

/** Every loss of its connection that a dashboard lives through. */
async function followsThroughEveryLoss(client: RealClient): Promise<void> {
  const { seen, problems, stop, has, sequences } = follow(client);
  try {
    await has(1);
    for (const sku of ['B', 'C']) warehouse.sell(sku);
    await has(3);
    expect(seen[1]).toMatchObject({ itemSold: { item: { name: 'item B' } } });

    network.cut();
    for (const sku of ['D', 'E']) warehouse.sell(sku);
    network.restore();
    await has(5);
    warehouse.sell('F');
    await has(6);

    await deploy();
    for (const sku of ['G', 'H']) warehouse.sell(sku);
    await has(8);
    expect(sequences()).toEqual(dense(sequences()));
    expect(problems).toEqual([]);
  } finally {
    stop();
  }
  await nobodyListens();
}

describe('every event comes once and in order, through a lost network and a new gateway, to', () => {
  test.each(nodeClients.map((client) => [client.name, client] as const))(
    '%s',
    (_name, client) => followsThroughEveryLoss(client),
    40_000,
  );

  const inChromium = hasChromium ? test : test.skip;
  inChromium.each([
    ['EventSource', eventSourceIn],
    ['graphql-sse', graphqlSseIn],
  ])('%s in Chromium', async (_name, clientIn) => followsThroughEveryLoss(clientIn(await browser!.newPage())), 60_000);
});

test('clients of every kind share one subscription at the subgraph', async () => {
  const pages = browser ? [await browser.newPage(), await browser.newPage()] : [];
  const inPages = pages.map((page, index) => [eventSourceIn, graphqlSseIn][index]!(page));
  const clients = [...nodeClients, ...inPages];
  const followers = clients.map(follow);
  try {
    await Promise.all(followers.map(({ has }) => has(1)));
    expect(warehouse.listeners()).toBe(1);
    const executed = await gateway.metric('gold_gateway_events_executed_total');
    for (const sku of ['B', 'C', 'D']) warehouse.sell(sku);
    await Promise.all(followers.map(({ has }) => has(4)));
    for (const { sequences } of followers) expect(sequences()).toEqual(dense(sequences()));
    // Apollo Client asks for __typename besides: that is a second operation.
    expect((await gateway.metric('gold_gateway_events_executed_total')) - executed).toBe(3 * 2);
  } finally {
    for (const { stop } of followers) stop();
  }
  await nobodyListens();
});
