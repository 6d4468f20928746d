import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { readConfig } from '../config.ts';
import { wireWorker } from '../wiring.ts';
import { startOrder, type OrderFixture } from './order-fixture.ts';
import { ask, type Result } from './order-requests.ts';

let order: OrderFixture;
let redis: TestRedis;

beforeAll(async () => {
  order = await startOrder();
  redis = createTestRedis();
  await order.stocked('BAR-100G', 1_000);
});
afterAll(async () => {
  await order.stop();
  await redis.close();
});

async function overdueOrders(count: number): Promise<Result[]> {
  const customer = order.signIn();
  const placed: Result[] = [];
  for (let index = 0; index < count; index++) {
    placed.push(await ask(customer, 'placeOrder', { quoteToken: order.quote(customer) }));
  }
  order.clock.now += 900_001;
  return placed;
}
const worker = (environment: Record<string, string>) =>
  wireWorker(
    readConfig({
      ...order.environment,
      ROLE: 'worker',
      REDIS_PREFIX: redis.prefix,
      REDIS_URL: redis.url,
      ...environment,
    }),
    () => order.clock.now,
  );
const reserved = async () =>
  (await order.database.stockLevel.findUniqueOrThrow({ where: { sku: 'BAR-100G' } })).reserved;

test('several workers let each overdue order expire once', async () => {
  const placed = await overdueOrders(20);
  expect(await reserved()).toBe(40);
  const workers = [worker({}), worker({}), worker({})];
  for (const one of workers) await one.start();
  await eventually(async () => expect(await reserved()).toBe(0));
  await Promise.all(workers.map((one) => one.stop()));
  const orderIds = placed.map(({ id }) => id);
  const history = await order.database.orderHistoryEntry.findMany({
    where: { orderId: { in: orderIds }, to: 'EXPIRED' },
  });
  expect(history).toHaveLength(20);
});

test('orders expire while Redis is away', async () => {
  await overdueOrders(1);
  // A port that nobody listens on any more.
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const lonely = worker({ REDIS_URL: `redis://127.0.0.1:${port}` });
  await lonely.start();
  await eventually(async () => expect(await reserved()).toBe(0));
  await lonely.stop();
});

test('an order that cannot expire keeps no other waiting', async () => {
  const [stuck] = await overdueOrders(2);
  // Its pieces are not reserved any more, which cannot be: the checks of the database refuse to give them back.
  await order.database.stockLevel.update({ where: { sku: 'BAR-100G' }, data: { reserved: 2 } });
  const one = worker({});
  await one.start();
  await eventually(async () => expect(await reserved()).toBe(0));
  await one.stop();
  expect(await order.database.order.count({ where: { status: 'PENDING_PAYMENT' } })).toBe(1);
  expect(await order.database.order.findUnique({ where: { id: stuck!.id } })).toMatchObject({
    version: expect.any(Number),
  });
});
