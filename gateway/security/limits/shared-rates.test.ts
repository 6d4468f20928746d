import { once } from 'node:events';
import { createServer, connect as connectTo, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger, type Logger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { createRates } from './rates.ts';
import { createSharedRates } from './shared-rates.ts';

const client = 'user 7';
let server: TestRedis;
const closers: (() => Promise<void> | void)[] = [];
beforeAll(() => {
  server = createTestRedis();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await server.flush();
});
afterAll(() => server.close());

/** A Redis in front of which the network can be cut, or be silent. */
async function startNetwork() {
  const { hostname, port } = new URL(server.url);
  const sockets = new Set<Socket>();
  let isSilent = false;
  const proxy = createServer((near) => {
    const far = connectTo(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => [near, far].forEach((each) => each.destroy()));
    }
    near.on('data', (chunk) => isSilent || far.write(chunk));
    far.on('data', (chunk) => isSilent || near.write(chunk));
  });
  const listen = (at: number) => once(proxy.listen(at, '127.0.0.1'), 'listening');
  await listen(0);
  const { port: at } = proxy.address() as AddressInfo;
  const cut = async () => {
    const closed = proxy.listening ? once(proxy, 'close') : undefined;
    proxy.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  closers.push(cut);
  return {
    url: `redis://127.0.0.1:${at}`,
    cut,
    mend: () => listen(at),
    silence: (silent: boolean) => void (isSilent = silent),
  };
}

/** A gateway's budgets: 600 at once, and so little a second that they hardly grow while a test runs. */
function startGateway(url = server.url, logger: Logger = createLogger({ service: 'test', level: 'silent' })) {
  const redis = createRedis(url, logger);
  const metrics = createMetrics('gateway');
  const shared = createSharedRates({ redis, prefix: server.prefix, metrics, logger });
  shared.start();
  const rates = createRates({ anonymousPerSecond: 1, userPerSecond: 1, burstSeconds: 600, shared });
  closers.push(async () => {
    await shared.close();
    closeRedis(redis);
  });
  return {
    shared,
    take: (cost: number, from = client) => rates.take(from, cost, performance.now())!,
    remaining: (from = client) => rates.take(from, 0, performance.now())!.remaining,
    metric: async (name: string) => (await metrics.getSingleMetric(name)!.get()).values[0]!.value,
  };
}

describe('the budget of a client of several gateways', () => {
  test('is one: what each has given out, the others know soon', async () => {
    const [one, two] = [startGateway(), startGateway()];
    expect(one.take(200).remaining).toBe(400);
    expect(two.take(300).remaining).toBe(300);
    await eventually(() => {
      for (const gateway of [one, two]) expect(Math.abs(gateway.remaining() - 105)).toBeLessThan(15);
    });
    expect(one.take(150).retryAfterMs).toBeGreaterThan(0);
    const three = startGateway();
    three.take(1);
    await eventually(() => expect(three.take(150).retryAfterMs).toBeGreaterThan(0));
  });

  test('is not shared between clients', async () => {
    const [one, two] = [startGateway(), startGateway()];
    for (let index = 0; index < 250; index += 1) one.take(index, `user ${index}`);
    await eventually(() => {
      for (const index of [0, 99, 100, 249])
        expect(Math.abs(two.remaining(`user ${index}`) - (600 - index))).toBeLessThan(30);
    });
  });

  test('is forgotten by Redis when it is whole again', async () => {
    const gateway = startGateway();
    gateway.take(50);
    const key = `${server.prefix}:rates:${client}`;
    await eventually(async () => expect(await server.redis.pttl(key)).toBeGreaterThan(40_000));
    expect(await server.redis.pttl(key)).toBeLessThanOrEqual(60_000);
  });

  test('stays used up where it was, when Redis has forgotten everything', async () => {
    const [one, two] = [startGateway(), startGateway()];
    one.take(590);
    await eventually(() => expect(two.remaining()).toBeLessThan(100));
    await server.flush();
    one.take(1);
    await eventually(async () => expect(await server.redis.exists(`${server.prefix}:rates:${client}`)).toBe(1));
    expect(one.remaining()).toBeLessThan(100);
  });

  test('is counted by each gateway for itself while Redis is away, which is logged once, and together again', async () => {
    const network = await startNetwork();
    const lines: string[] = [];
    const logger = createLogger({ service: 'test', level: 'info', to: { write: (line) => void lines.push(line) } });
    const [one, two] = [startGateway(network.url, logger), startGateway()];
    one.take(100);
    await eventually(() => expect(two.remaining()).toBeLessThan(550));
    await network.cut();
    one.take(300);
    await eventually(async () => expect(await one.metric('gold_gateway_rates_shared')).toBe(0));
    one.take(100);
    await eventually(async () =>
      expect(await one.metric('gold_gateway_rate_reports_failed_total')).toBeGreaterThanOrEqual(2),
    );
    expect(one.remaining()).toBeLessThan(150);
    expect(two.remaining()).toBeGreaterThan(450);
    await network.mend();
    await eventually(async () => {
      one.take(1);
      expect(await one.metric('gold_gateway_rates_shared')).toBe(1);
    });
    // What was given out meanwhile still counts where it was.
    expect(one.remaining()).toBeLessThan(200);
    two.take(50);
    await eventually(() => expect(two.remaining()).toBeLessThan(480));
    expect(lines.filter((line) => line.includes('rates are not shared'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('rates are shared again'))).toHaveLength(1);
  });

  test('delays nobody while Redis does not answer, and is told when it does', async () => {
    const network = await startNetwork();
    const [one, two] = [startGateway(network.url), startGateway()];
    one.take(20);
    await eventually(() => expect(two.remaining()).toBeLessThan(595));
    network.silence(true);
    const startedAt = performance.now();
    for (let index = 0; index < 400; index += 1) one.take(1);
    expect(performance.now() - startedAt).toBeLessThan(100);
    expect(one.remaining()).toBeLessThan(220);
    expect(two.remaining()).toBeGreaterThan(570);
    // The connection is found dead, and made anew.
    await eventually(async () => expect(await one.metric('gold_gateway_rates_shared')).toBe(0));
    network.silence(false);
    await eventually(async () => {
      one.take(1);
      expect(await one.metric('gold_gateway_rates_shared')).toBe(1);
    });
  });

  test('does not keep a gateway from stopping while Redis does not answer', async () => {
    const network = await startNetwork();
    const one = startGateway(network.url);
    one.take(1);
    await eventually(async () => expect(await server.redis.exists(`${server.prefix}:rates:${client}`)).toBe(1));
    network.silence(true);
    one.take(1);
    const startedAt = performance.now();
    await one.shared.close();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('is told to others when a gateway stops', async () => {
    const one = startGateway();
    one.take(1);
    await eventually(async () => expect(await server.redis.exists(`${server.prefix}:rates:${client}`)).toBe(1));
    one.take(500);
    await one.shared.close();
    expect(await server.redis.get(`${server.prefix}:rates:${client}`)).toMatch(/^(49|50)\d\./);
  });
});

test('a user of Redis that may do nothing but what the README names is enough', async () => {
  const name = `${server.prefix}-gateway`;
  const { prefix } = server;
  const rights = [
    `~${prefix}:rates:*`,
    `~${prefix}:sessions:ended`,
    '+xread',
    '+evalsha',
    '+eval',
    '+time',
    '+get',
    '+set',
  ];
  await server.redis.call('ACL', 'SETUSER', name, 'on', '>secret', ...rights);
  closers.push(async () => void (await server.redis.call('ACL', 'DELUSER', name)));
  const url = new URL(server.url);
  url.username = name;
  url.password = 'secret';
  const [allowed, other] = [startGateway(url.href), startGateway()];
  allowed.take(300);
  await eventually(() => expect(other.remaining()).toBeLessThan(350));
  expect(await allowed.metric('gold_gateway_rates_shared')).toBe(1);
});
