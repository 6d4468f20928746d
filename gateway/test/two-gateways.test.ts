import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { LivePriceWithProductsDocument, LogoutDocument } from '../generated/operations.ts';
import { registerCustomer } from './callers.ts';
import { startGoldSystem, type GoldSystem } from './gold-system.ts';

let system: GoldSystem;
/** The addresses of two gateways that know nothing of each other. */
let addresses: string[];
let clients: GraphqlClient[];
beforeAll(async () => {
  system = await startGoldSystem();
  addresses = [system.url, await system.startGateway('second-gateway')];
  clients = addresses.map((url) => createGraphqlClient(url));
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await system.close();
});

const dense = (sequences: number[]) => sequences.map((_, index) => sequences[0]! + index);
const isAscending = (sequences: number[]) =>
  sequences.every((sequence, index) => sequence > (sequences[index - 1] ?? 0));

test('clients of both see the same price of each tick, and the same prices of products', async () => {
  const watched = await Promise.all(
    clients.map(async (client) => {
      const events = client.subscribe(LivePriceWithProductsDocument, { symbol: 'XAU-USD' });
      const prices = (await events.take(12)).map(({ data }) => data!.priceUpdated);
      await events.return();
      return prices;
    }),
  );
  const bySequence = watched.map((prices) => new Map(prices.map((price) => [Number(price.sequence), price])));
  for (const prices of bySequence) expect(isAscending([...prices.keys()])).toBe(true);
  const shared = [...bySequence[0]!.keys()].filter((sequence) => bySequence[1]!.has(sequence));
  expect(shared.length).toBeGreaterThan(5);
  for (const sequence of shared) expect(bySequence[0]!.get(sequence)).toEqual(bySequence[1]!.get(sequence));
});

const resumable =
  'subscription ($symbol: ID!, $after: BigInt) { priceUpdated(symbol: $symbol, after: $after) { sequence } }';

/** A client as an application would set it up behind a load balancer: it comes back elsewhere, behind what it has seen. */
function aRoamingClient(firstAddress: number) {
  let turn = firstAddress;
  const seen: number[] = [];
  const closed: unknown[] = [];
  const variables: { symbol: string; after?: string } = { symbol: 'XAU-USD' };
  const client = createClient({
    url: () => addresses[turn++ % addresses.length]!.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 100,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
    on: { closed: (event) => closed.push((event as { code: number }).code) },
  });
  const failed: unknown[] = [];
  client.subscribe<{ priceUpdated: { sequence: string } }>(
    { query: resumable, variables },
    {
      next({ data }) {
        variables.after = data!.priceUpdated.sequence;
        seen.push(Number(variables.after));
      },
      error: (error) => failed.push(error),
      complete: () => undefined,
    },
  );
  return { seen, closed, failed, close: () => client.dispose() };
}

test('the clients of one that stops go on at the other, without a gap or a repeat', async () => {
  const roaming = Array.from({ length: 6 }, (_, index) => aRoamingClient(index % 2));
  await eventually(() => {
    for (const { seen } of roaming) expect(seen.length).toBeGreaterThan(3);
  });
  await system.stop('second-gateway');
  const lastSeen = Math.max(...roaming.map(({ seen }) => seen.at(-1)!));
  await eventually(() => {
    for (const { seen } of roaming) expect(seen.at(-1)).toBeGreaterThan(lastSeen + 5);
  });
  for (const { seen, failed } of roaming) expect([seen, failed]).toEqual([dense(seen), []]);
  expect(roaming.map(({ closed }) => closed[0])).toEqual([undefined, 1001, undefined, 1001, undefined, 1001]);
  for (const { close } of roaming) await close();
  addresses[1] = await system.startGateway('second-gateway');
});

test('a session that ends by one ends the personal streams of both, and no public one', async () => {
  const customer = await registerCustomer(system);
  const authorization = `Bearer ${customer.accessToken}`;
  const signedIn = addresses.map((url) =>
    createGraphqlClient(url, { socket: { connectionParams: { authorization } } }),
  );
  const personal = signedIn.map((client) => client.subscribe('subscription { inboxChanged { unreadCount } }'));
  const anonymous = createGraphqlClient(addresses[1]!);
  const prices = anonymous.subscribe('subscription { priceUpdated(symbol: "XAU-USD") { sequence } }');
  await Promise.all([...personal, prices].map((events) => events.next()));
  const ended = personal.map((events) =>
    expect(events.take(1_000, 3_000)).rejects.toMatchObject({ code: 4403, reason: 'Session ended' }),
  );
  expect(await customer.request(LogoutDocument)).toMatchObject({ data: { logout: true } });
  await Promise.all(ended);
  await prices.take(3);
  for (const client of [...signedIn, anonymous, customer]) await client.close();
});
