import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { openRawSocket } from './raw-websocket.ts';
import { spawnGateway, type SpawnedGateway } from './spawned-gateway.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

describe('a gateway of two processes', () => {
  let warehouse: Warehouse;
  let gateway: SpawnedGateway;
  let origin: string;
  beforeEach(async () => {
    warehouse = await startWarehouse();
    gateway = spawnGateway({ GATEWAY_PROCESSES: '2', SUPERGRAPH_FILE: warehouse.file, SHUTDOWN_SPREAD_MS: '0' });
    origin = `http://127.0.0.1:${await portOf(gateway)}`;
  });
  afterEach(async () => {
    gateway.kill('SIGTERM');
    await gateway.exited;
    await warehouse.close();
  });

  const workersOf = () => gateway.lines.filter(({ msg }) => msg === 'a worker serves').map(({ pid }) => pid!);
  const latest = async () => {
    const client = createGraphqlClient(`${origin}/graphql`);
    return (await client.request('{ latest }')).data;
  };
  async function watch() {
    const socket = openRawSocket(`${origin}/graphql`);
    await socket.init();
    socket.subscribe('1', 'subscription { itemSold { sequence } }');
    await socket.next();
    return socket;
  }

  test('serves with both on one port, and goes on with one while the other is replaced', async () => {
    warehouse.sell('A');
    const sockets = [await watch(), await watch(), await watch(), await watch()];
    const closed: number[] = [];
    for (const [at, socket] of sockets.entries()) void socket.closed.then(() => closed.push(at));
    const [first] = workersOf();
    process.kill(first!, 'SIGKILL');
    // They were dealt out in turn: half of them had nothing to do with it.
    await eventually(() => expect(closed).toHaveLength(2));
    warehouse.sell('B');
    for (const [at, socket] of sockets.entries())
      if (!closed.includes(at))
        expect(await socket.next()).toMatchObject({ payload: { data: { itemSold: { sequence: 2 } } } });
    expect(await latest()).toEqual({ latest: 0 });
    await gateway.said('a worker serves', 2);
    expect(new Set(workersOf()).size).toBe(3);
    for (const _ of [1, 2, 3, 4]) expect(await latest()).toEqual({ latest: 0 });
    const again = [await watch(), await watch()];
    warehouse.sell('C');
    for (const socket of again)
      expect(await socket.next()).toMatchObject({ payload: { data: { itemSold: { sequence: 3 } } } });
  });

  test('ends in order when it is asked to: streams are told, and nobody is left', async () => {
    warehouse.sell('A');
    const sockets = [await watch(), await watch()];
    gateway.kill('SIGTERM');
    for (const socket of sockets) expect(await socket.closed).toEqual({ code: 1001, reason: 'Going away' });
    expect(await gateway.exited).toBe(0);
    for (const pid of workersOf()) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(gateway.lines.filter(({ msg }) => msg === 'stopped')).toHaveLength(3);
  });

  test('tells the metrics of both, whichever is asked', async () => {
    warehouse.sell('A');
    const sockets = [await watch(), await watch(), await watch()];
    const open = async () => {
      const text = await (await fetch(`${origin}/metrics`)).text();
      return /^gold_gateway_connections\{[^}]*transport="websocket"[^}]*\} (\d+)$/m.exec(text)?.[1];
    };
    expect([await open(), await open(), await open()]).toEqual(['3', '3', '3']);
    expect(sockets).toHaveLength(3);
  });
});

test('a gateway whose processes cannot serve gives up, and says so', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const gateway = spawnGateway({ GATEWAY_PROCESSES: '2', PORT: String(port) });
  expect(await gateway.exited).toBe(1);
  expect(gateway.lines.map(({ msg }) => msg)).toContain('the gateway gives up');
  taken.close();
});

/** Where it listens, once all of its processes do: each of them says that it is ready, and then the primary. */
async function portOf({ lines }: SpawnedGateway): Promise<number> {
  let port: number | undefined;
  await eventually(() => {
    port = lines.find(({ msg, name }) => msg === 'ready' && name === 'gateway-primary')?.port;
    expect(port).toBeDefined();
  });
  return port!;
}
