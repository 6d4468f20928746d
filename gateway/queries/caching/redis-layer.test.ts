import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { closeRedis, createRedis } from '#shared/redis.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { startCuttableNetwork } from '../../test/cuttable-network.ts';
import { createCacheMetrics, type CacheMetrics } from './cache-metrics.ts';
import { createRedisLayer, type RedisLayer } from './redis-layer.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let shared: TestRedis;
let metrics: CacheMetrics;
const closing: (() => unknown)[] = [];

beforeAll(() => {
  shared = createTestRedis();
});
afterAll(() => shared.close());
beforeEach(() => {
  metrics = createCacheMetrics(createMetrics('test'));
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function openLayer(url: string = shared.url, timeoutMs = 1_000): RedisLayer {
  return openLayerOver(createRedis(url, logger), timeoutMs);
}

function openLayerOver(redis: Redis, timeoutMs = 1_000): RedisLayer {
  const layer = createRedisLayer({ redis, prefix: shared.prefix, timeoutMs, mayWrite: () => true, metrics, logger });
  closing.push(
    () => closeRedis(redis),
    () => layer.close(),
  );
  return layer;
}

const newKey = () => randomBytes(8).toString('hex');
/** Reads until it is there: connecting and writing are not waited for by anybody. */
const readUntilThere = (layer: RedisLayer, key: string) =>
  eventually(async () => expect((await layer.read([key]))[0]).toBeDefined());
/** Writes until it is there. */
async function written(layer: RedisLayer, key: string, text: string, lifetimeMs = 60_000): Promise<void> {
  await eventually(async () => {
    layer.write(key, text, lifetimeMs);
    expect((await layer.read([key]))[0]?.text).toBe(text);
  });
}

describe('what one gateway has kept', () => {
  test.each([
    ['short', '{"a":"طلا £ 金"}'],
    ['long', JSON.stringify(Array.from({ length: 5_000 }, (_each, index) => ({ index, name: 'طلا' })))],
  ])('another one finds, be it %s, with the time that is left', async (_what, text) => {
    const key = newKey();
    await written(openLayer(), key, text);
    const other = openLayer();
    await readUntilThere(other, key);
    const [missing, found] = await other.read([newKey(), key]);
    expect(missing).toBeUndefined();
    expect(found).toMatchObject({ text, lifetimeMs: 60_000 });
    expect(found!.leftMs).toBeGreaterThan(50_000);
    expect(found!.leftMs).toBeLessThanOrEqual(60_000);
  });

  test('is gone when its time is over, and when Redis was emptied', async () => {
    const layer = openLayer();
    const [short, long] = [newKey(), newKey()];
    await written(layer, long, 'long');
    layer.write(short, 'short', 30);
    await eventually(async () => expect((await layer.read([short]))[0]).toBeUndefined());
    await shared.flush();
    expect(await layer.read([long])).toEqual([undefined]);
    expect(metrics.redis.failures).toBe(0);
  });

  test('is not what something else has written there', async () => {
    const layer = openLayer();
    const key = newKey();
    await written(layer, key, 'text');
    const [name] = await shared.redis.keys(`${shared.prefix}:cache:*`);
    for (const nonsense of ['', 'nonsense', '2 60000 text\nabc', '1 60000 deflate\nabc', '\n']) {
      await shared.redis.set(name!, nonsense, 'PX', 60_000);
      expect((await layer.read([key]))[0]).toBeUndefined();
    }
    await shared.redis.set(name!, '1 60000 text\nfor ever');
    expect((await layer.read([key]))[0]).toBeUndefined();
    await shared.redis.del(name!);
    await shared.redis.lpush(name!, 'a list');
    expect((await layer.read([key]))[0]).toBeUndefined();
  });
});

test('reading and writing need three commands on the keys of the caches alone', async () => {
  const user = `caches-${newKey()}`;
  await shared.redis.call(
    'ACL',
    'SETUSER',
    user,
    'on',
    '>secret',
    `~${shared.prefix}:cache:*`,
    '+get',
    '+set',
    '+pttl',
  );
  closing.push(() => shared.redis.call('ACL', 'DELUSER', user));
  const url = new URL(shared.url);
  Object.assign(url, { username: user, password: 'secret' });
  // The caches need no more, and so the connection that they duplicate asks for no more here.
  const layer = openLayerOver(new Redis(url.href, { enableReadyCheck: false, disconnectTimeout: 100 }));
  const key = newKey();
  await written(layer, key, 'text');
});

describe('without an answer from Redis', () => {
  test('nothing is found while it is away, at once, and again when it is back', async () => {
    const network = await startCuttableNetwork(shared.url);
    closing.push(() => network.close());
    const layer = openLayer(network.url.replace('http:', 'redis:'));
    const key = newKey();
    await written(layer, key, 'text');
    network.cut();
    await eventually(async () => expect(await layer.read([key])).toEqual([]));
    const begun = performance.now();
    for (let time = 0; time < 100; time += 1) {
      layer.write(newKey(), 'text', 1_000);
      expect(await layer.read([key])).toEqual([]);
    }
    // Waiting each time would take 100 seconds.
    expect(performance.now() - begun).toBeLessThan(8_000);
    network.restore();
    await readUntilThere(layer, key);
  });

  test('one that hangs is waited for three times, then left alone, and costs nothing', async () => {
    const sockets = new Set<Socket>();
    // It answers what a client says at the beginning, and nothing else.
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('data', (data) => {
        if (String(data).includes('info')) socket.write('$19\r\nredis_version:7.0.0\r\n');
        else if (/client/i.test(String(data))) socket.write('+OK\r\n+OK\r\n');
      });
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const layer = openLayer(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`, 20);
    await eventually(async () => {
      await layer.read(['key']);
      expect(metrics.redis.isPaused).toBe(true);
    });
    expect(metrics.redis.failures).toBe(3);
    const begun = performance.now();
    for (let time = 0; time < 1_000; time += 1) {
      layer.write('key', 'text', 1_000);
      expect(await layer.read(['key'])).toEqual([]);
    }
    // Waiting each time would take 20 seconds.
    expect(performance.now() - begun).toBeLessThan(8_000);
  });
});
