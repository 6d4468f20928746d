import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { startKeyServer } from '#shared/testing/key-server.ts';
import { openRawSocket, type RawSocket } from './raw-websocket.ts';
import { startWarehouse, type Warehouse, type WarehouseGateway } from './warehouse-graph.ts';

const sockets: RawSocket[] = [];
function open(gateway: { url: string }, options?: Parameters<typeof openRawSocket>[1]): RawSocket {
  const socket = openRawSocket(gateway.url, options);
  sockets.push(socket);
  return socket;
}
async function connected(gateway: { url: string }, payload?: Record<string, unknown>): Promise<RawSocket> {
  const socket = open(gateway);
  await socket.init(payload);
  return socket;
}
afterEach(() => sockets.splice(0).forEach((socket) => socket.close()));

describe('graphql-transport-ws at the gateway', () => {
  let warehouse: Warehouse;
  beforeAll(async () => {
    warehouse = await startWarehouse({ CONNECTION_INIT_TIMEOUT_MS: '300', SOCKET_MESSAGE_LIMIT_BYTES: '8192' });
    warehouse.sell('A');
  });
  afterAll(() => warehouse.close());

  test('serves a subscription from its first event to the last', async () => {
    const client = await connected(warehouse);
    client.subscribe('a', 'subscription { clockTicked }');
    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      { id: 'a', type: 'next', payload: { data: { clockTicked: 1 } } },
      { id: 'a', type: 'next', payload: { data: { clockTicked: 2 } } },
      { id: 'a', type: 'complete' },
    ]);
  });

  test('serves several operations on one socket, each under its id', async () => {
    const client = await connected(warehouse);
    client.subscribe('one', 'subscription { itemSold { note } }');
    client.subscribe('two', 'subscription { sold: itemSold { note(upper: true) } }');
    const first = [await client.next(), await client.next()];
    expect(first).toEqual(
      expect.arrayContaining([
        { id: 'one', type: 'next', payload: { data: { itemSold: { note: 'sold' } } } },
        { id: 'two', type: 'next', payload: { data: { sold: { note: 'SOLD' } } } },
      ]),
    );
  });

  test('sends nothing of an operation that the client has completed, whose id may be used again', async () => {
    const client = await connected(warehouse);
    client.subscribe('a', 'subscription { itemSold { note } }');
    await client.next();
    client.send({ id: 'a', type: 'complete' });
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
    await eventually(async () => expect(await warehouse.metric('gold_gateway_operations')).toBe(0));
    warehouse.sell('B');
    client.subscribe('a', '{ latest }');
    expect(await client.next()).toMatchObject({
      id: 'a',
      type: 'next',
      payload: { data: { latest: expect.any(Number) } },
    });
    expect(await client.next()).toEqual({ id: 'a', type: 'complete' });
  });

  test('executes queries and mutations', async () => {
    const client = await connected(warehouse);
    client.subscribe('m', 'mutation Set($value: Int!) { setLatest(value: $value) }', { variables: { value: 7 } });
    expect(await client.next()).toMatchObject({ id: 'm', type: 'next', payload: { data: { setLatest: 7 } } });
    expect(await client.next()).toEqual({ id: 'm', type: 'complete' });
  });

  test.each([
    ['of a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['of an unknown field', 'subscription { itemSold { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['in a query', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['that its subgraph refuses', 'subscription { itemSold(sku: "UNKNOWN") { note } }', 'NOT_FOUND'],
  ])('answers an operation alone %s', async (_name, query, code) => {
    const client = await connected(warehouse);
    client.subscribe('good', 'subscription { itemSold { note } }');
    await client.next();
    client.subscribe('bad', query);
    expect(await client.next()).toMatchObject({ id: 'bad', type: 'error', payload: [{ extensions: { code } }] });
    warehouse.sell('C');
    expect(await client.next()).toMatchObject({ id: 'good', type: 'next' });
  });

  test('answers an operation alone that is not among those of its document', async () => {
    const client = await connected(warehouse);
    client.subscribe('a', 'subscription One { clockTicked }', { operationName: 'Two' });
    expect(await client.next()).toMatchObject({
      id: 'a',
      type: 'error',
      payload: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }],
    });
  });

  test('answers a ping with a pong that says the same', async () => {
    const client = open(warehouse);
    await client.opened;
    client.send({ type: 'ping', payload: { any: 'thing' } });
    expect(await client.next()).toEqual({ type: 'pong', payload: { any: 'thing' } });
  });

  test.each<[string, number, (client: RawSocket) => void | Promise<unknown>]>([
    ['what is no message', 4400, (client) => client.send('hello')],
    ['a message of an unknown type', 4400, (client) => client.send({ type: 'start', id: '1', payload: {} })],
    ['a subscription before it is acknowledged', 4401, (client) => client.subscribe('a', '{ latest }')],
    ['parameters with something that is no token', 4403, (client) => client.init({ authorization: 'nonsense' })],
    ['nothing', 4408, () => undefined],
    [
      'an id that is in use',
      4409,
      async (client) => {
        await client.init();
        client.subscribe('a', 'subscription { itemSold { note } }');
        await client.next();
        client.subscribe('a', 'subscription { itemSold { note } }');
      },
    ],
    [
      'a second introduction',
      4429,
      (client) => void client.init().then(() => client.send({ type: 'connection_init' })),
    ],
    ['a message that is too long', 1009, (client) => client.send('x'.repeat(10_000))],
  ])('closes a socket that sends %s with %i', async (_name, code, act) => {
    const signedOut = await startKeyServer();
    const gateway = await warehouse.startGateway({ AUTH_JWKS_URL: signedOut.jwksUrl });
    const client = open(gateway);
    await client.opened;
    // What it waits for may never come: the socket is closed instead.
    void Promise.try(act, client).catch(() => undefined);
    expect((await client.closed).code).toBe(code);
    await gateway.stop();
    await signedOut.close();
  });

  test('closes a socket that offers no subprotocol with 4406', async () => {
    expect((await open(warehouse, { protocol: null }).closed).code).toBe(4406);
  });

  test('closes sockets with 1001 when the gateway stops, and ends their operations', async () => {
    const gateway = await warehouse.startGateway();
    const client = await connected(gateway);
    client.subscribe('a', 'subscription { itemSold { note } }');
    await client.next();
    const stopped = gateway.stop();
    expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
    await stopped;
  });

  test('counts every connection that it opened, and why it ended, once', async () => {
    const gateway = await warehouse.startGateway();
    const [gone, wrong] = [await connected(gateway), await connected(gateway)];
    expect(await gateway.metric('gold_gateway_connections', 'transport="websocket"')).toBe(2);
    gone.close();
    wrong.send('hello');
    await eventually(async () => {
      expect(await gateway.metric('gold_gateway_connections')).toBe(0);
      expect(await gateway.metric('gold_gateway_clients_closed_total')).toBe(2);
    });
    expect(await gateway.metric('gold_gateway_clients_closed_total', 'reason="protocol_error"')).toBe(1);
    await gateway.stop();
  });
});

describe('limits of clients at the gateway', () => {
  let warehouse: Warehouse;
  beforeAll(async () => {
    warehouse = await startWarehouse({
      SOCKETS_PER_CLIENT: '2',
      OPERATIONS_PER_SOCKET: '3',
      OPERATIONS_PER_SECOND: '10',
      TRUSTED_PROXIES: '1',
    });
    warehouse.sell('A');
  });
  afterAll(() => warehouse.close());

  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  test('refuse one connection too many with 429, and leave other addresses alone', async () => {
    const mine = [open(warehouse, from('203.0.113.1')), open(warehouse, from('203.0.113.1'))];
    await Promise.all(mine.map((client) => client.opened));
    expect(await open(warehouse, from('6.6.6.6, 203.0.113.1')).refused).toMatchObject({ status: 429 });
    await open(warehouse, from('203.0.113.2')).opened;
  });

  test('refuse one operation too many, and that alone', async () => {
    const client = open(warehouse, from('203.0.113.3'));
    await client.init();
    for (const id of ['1', '2', '3', '4']) client.subscribe(id, 'subscription { itemSold { note } }');
    const answers = [await client.next(), await client.next(), await client.next(), await client.next()];
    expect(answers.filter(({ type }) => type === 'next')).toHaveLength(3);
    expect(answers.find(({ id }) => id === '4')).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }],
    });
  });

  test('let operations wait that are started too fast', async () => {
    const client = open(warehouse, from('203.0.113.4'));
    await client.init();
    const begun = performance.now();
    for (let id = 1; id <= 30; id += 1) client.subscribe(String(id), 'subscription {');
    await eventually(() => expect(client.messages).toHaveLength(31));
    expect(performance.now() - begun).toBeGreaterThan(900);
    const codes = client.messages.slice(1).map(({ payload }) => (payload as { extensions: { code: string } }[])[0]!);
    expect(new Set(codes.map(({ extensions }) => extensions.code))).toEqual(new Set(['GRAPHQL_PARSE_FAILED']));
  });
});

describe('the session of a WebSocket client at the gateway', () => {
  let warehouse: Warehouse;
  let withoutAuth: WarehouseGateway;
  beforeAll(async () => {
    warehouse = await startWarehouse();
    withoutAuth = await warehouse.startGateway({ AUTH_JWKS_URL: 'http://127.0.0.1:1/jwks.json' });
    warehouse.sell('A');
    warehouse.tell('user-1', 'hello');
  });
  afterAll(async () => {
    await warehouse.close();
  });

  const token = (expiresIn: number, claims: object = {}) => `Bearer ${warehouse.keys.sign(claims, { expiresIn })}`;

  test('ends with its token where it has personal streams: 4403, on which clients come back', async () => {
    const client = await connected(warehouse, { authorization: token(2) });
    client.subscribe('mine', 'subscription { myInbox { text } }');
    client.subscribe('prices', 'subscription { itemSold { note } }');
    await client.next();
    expect(await client.closed).toEqual({ code: 4403, reason: 'Token expired' });
  });

  test('is forgotten with its token where it has none: public streams go on, personal ones are refused', async () => {
    const client = await connected(warehouse, { authorization: token(1) });
    const expired = Date.now() + 2_000;
    client.subscribe('sales', 'subscription { itemSold { note } }');
    await client.next();
    await eventually(() => expect(Date.now()).toBeGreaterThan(expired));
    client.subscribe('mine', 'subscription { myInbox { text } }');
    expect(await client.next()).toMatchObject({
      id: 'mine',
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    warehouse.sell('B');
    expect(await client.next()).toMatchObject({ id: 'sales', type: 'next' });
  });

  test('outlives its token when the client renews it', async () => {
    const client = await connected(warehouse, { authorization: token(2) });
    const expired = Date.now() + 2_500;
    client.subscribe('mine', 'subscription { myInbox { text } }');
    await client.next();
    client.send({ type: 'ping', payload: { authorization: token(60) } });
    const { payload } = await client.next();
    const { authorization } = payload as { authorization: { expiresAt: string } };
    expect(Date.parse(authorization.expiresAt)).toBeGreaterThan(Date.now() + 50_000);
    await eventually(() => expect(Date.now()).toBeGreaterThan(expired));
    warehouse.tell('user-1', 'still here');
    expect(await client.next()).toMatchObject({
      id: 'mine',
      type: 'next',
      payload: { data: { myInbox: { text: 'still here' } } },
    });
  });

  test('cannot be taken over by somebody else', async () => {
    const client = await connected(warehouse, { authorization: token(60) });
    client.send({ type: 'ping', payload: { authorization: token(60, { sub: 'user-2' }) } });
    expect((await client.closed).code).toBe(4403);
  });

  test('is not refused for good while tokens cannot be verified: 1013, on which clients come back', async () => {
    const client = open(withoutAuth);
    await client.opened;
    client.send({ type: 'connection_init', payload: { authorization: token(60) } });
    expect((await client.closed).code).toBe(1013);
  });
});
