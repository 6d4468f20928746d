import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { spawnService, type SpawnedService } from '#shared/testing/spawned-service.ts';
import { startOrder, type OrderFixture } from './order-fixture.ts';
import { ask } from './order-requests.ts';

let order: OrderFixture;
const running: SpawnedService[] = [];

beforeAll(async () => {
  order = await startOrder();
  order.clock.now = Date.now();
  await order.stocked('BAR-100G', 1_000);
});
afterAll(async () => {
  await Promise.all(running.map((server) => server.kill()));
  await order.stop();
});

async function startServer(): Promise<SpawnedService> {
  const server = await spawnService('order', order.environment);
  running.push(server);
  return server;
}

const urlOf = ({ port }: SpawnedService) => `http://127.0.0.1:${port}/graphql`;

test('a server that is killed in the middle of many orders loses none that it confirmed, and repeating them doubles none', async () => {
  const customer = order.signIn();
  const inputs = Array.from({ length: 60 }, () => ({
    idempotencyKey: randomUUID(),
    quoteToken: order.quote(customer),
  }));
  const headers = { authorization: customer.authorization };
  const placeAll = (client: GraphqlClient, onEach: () => void = () => {}) =>
    Promise.all(
      inputs.map((input) =>
        ask({ client }, 'placeOrder', input).then(
          ({ id }) => (onEach(), id),
          () => undefined,
        ),
      ),
    );

  const first = await startServer();
  let confirmed = 0;
  const before = await placeAll(createGraphqlClient(urlOf(first), { headers }), () => {
    if ((confirmed += 1) === 10) void first.kill();
  });
  expect(before.filter(Boolean).length).toBeGreaterThanOrEqual(10);
  expect(before.filter(Boolean).length).toBeLessThan(60);

  const second = await startServer();
  const after = await placeAll(createGraphqlClient(urlOf(second), { headers }));
  expect(new Set(after).size).toBe(60);
  before.forEach((id, index) => expect(id ?? after[index]).toBe(after[index]));
  expect(await order.database.order.count()).toBe(60);
  expect(await order.database.stockLevel.findFirst()).toMatchObject({ reserved: 120 });
  expect(await order.database.stockMovement.count({ where: { kind: 'RESERVE' } })).toBe(60);
  expect(await order.database.outboxMessage.count({ where: { name: 'order.order-placed' } })).toBe(120);
});
