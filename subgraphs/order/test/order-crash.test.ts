import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { startOrder, type OrderFixture } from './order-fixture.ts';
import { ask } from './order-requests.ts';

let order: OrderFixture;
const running: ChildProcess[] = [];

beforeAll(async () => {
  order = await startOrder();
  order.clock.now = Date.now();
  await order.stocked('BAR-100G', 1_000);
});
afterAll(async () => {
  await Promise.all(running.map(kill));
  await order.stop();
});

/** Starts a server as it runs in production and resolves when it is ready. */
async function startProcess(): Promise<{ process: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'subgraphs/order/main.ts'], {
    env: { ...order.environment, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  for await (const line of createInterface({ input: child.stdout! })) {
    const { msg, port } = JSON.parse(line) as { msg: string; port: number };
    if (msg !== 'ready') continue;
    // Nobody reads further what it says, but it has to be able to say it.
    child.stdout!.resume();
    return { process: child, url: `http://127.0.0.1:${port}/graphql` };
  }
  throw new Error('the server has ended');
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

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

  const first = await startProcess();
  let confirmed = 0;
  const before = await placeAll(createGraphqlClient(first.url, { headers }), () => {
    if ((confirmed += 1) === 10) first.process.kill('SIGKILL');
  });
  expect(before.filter(Boolean).length).toBeGreaterThanOrEqual(10);
  expect(before.filter(Boolean).length).toBeLessThan(60);

  const second = await startProcess();
  const after = await placeAll(createGraphqlClient(second.url, { headers }));
  expect(new Set(after).size).toBe(60);
  before.forEach((id, index) => expect(id ?? after[index]).toBe(after[index]));
  expect(await order.database.order.count()).toBe(60);
  expect(await order.database.stockLevel.findFirst()).toMatchObject({ reserved: 120 });
  expect(await order.database.stockMovement.count({ where: { kind: 'RESERVE' } })).toBe(60);
  expect(await order.database.outboxMessage.count({ where: { name: 'order.order-placed' } })).toBe(120);
});
