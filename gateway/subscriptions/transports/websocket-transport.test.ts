import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { aMessage } from './test/driven-operations.ts';
import { openRawSocket, type RawSocket } from '../../test/raw-websocket.ts';
import { startWebSocketServer } from './test/websocket-server.ts';

type Server = Awaited<ReturnType<typeof startWebSocketServer>>;

const sockets: RawSocket[] = [];
function open(server: Server, options?: Parameters<typeof openRawSocket>[1]): RawSocket {
  const socket = openRawSocket(server.url, options);
  sockets.push(socket);
  return socket;
}
afterEach(() => sockets.splice(0).forEach((socket) => socket.close()));

describe('a WebSocket client', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startWebSocketServer({ messageLimitBytes: 10_000 });
  });
  afterAll(() => server.close());

  async function subscribed(query = 'subscription { prices }', id = '1') {
    const client = open(server);
    await client.init();
    const before = server.joined.length;
    client.subscribe(id, query);
    await eventually(() => expect(server.joined).toHaveLength(before + 1));
    return { client, operation: server.joined.at(-1)! };
  }

  test('is acknowledged, and gets the events of its operation, then their end', async () => {
    const client = open(server);
    expect(await client.init()).toEqual({ type: 'connection_ack' });
    client.subscribe('1', 'subscription { first }', { variables: { a: 1 }, operationName: 'A' });
    await eventually(() => expect(server.joined.at(-1)?.request.query).toContain('first'));
    const { request, subscriber, context } = server.joined.at(-1)!;
    expect(request).toMatchObject({ variables: { a: 1 }, operationName: 'A' });
    expect(context).toMatchObject({ caller: { kind: 'anonymous' }, correlationId: expect.any(String) });
    subscriber.deliver(aMessage({ price: '4084.30' }));
    subscriber.deliver(aMessage({ price: '4084.40 · €' }));
    subscriber.end({ kind: 'complete' });
    expect(await client.next()).toEqual({ id: '1', type: 'next', payload: { data: { price: '4084.30' } } });
    expect(await client.next()).toEqual({ id: '1', type: 'next', payload: { data: { price: '4084.40 · €' } } });
    expect(await client.next()).toEqual({ id: '1', type: 'complete' });
  });

  test('may name its operations as it likes', async () => {
    const id = 'a "quoted" · ünïcode \\ id';
    const { client, operation } = await subscribed('subscription { named }', id);
    operation.subscriber.deliver(aMessage(1));
    expect(await client.next()).toEqual({ id, type: 'next', payload: { data: 1 } });
  });

  test('gets what is there already, delivered while it joins', async () => {
    server.whenJoined(({ subscriber }) => subscriber.deliver(aMessage('now')));
    const { client } = await subscribed('subscription { snapshot }');
    server.whenJoined(() => undefined);
    expect(await client.next()).toMatchObject({ type: 'next', payload: { data: 'now' } });
  });

  test('is told alone what is wrong with one operation; its others go on', async () => {
    const { client, operation } = await subscribed();
    client.subscribe('bad', 'subscription { refused }');
    expect(await client.next()).toEqual({
      id: 'bad',
      type: 'error',
      payload: [{ message: 'No', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
    });
    operation.subscriber.deliver(aMessage(1));
    expect(await client.next()).toMatchObject({ id: '1', type: 'next' });
    client.subscribe('bad', 'subscription { again }');
    await eventually(() => expect(server.joined.at(-1)?.request.query).toContain('again'));
  });

  test('sees nothing of a mistake of the gateway but that there was one', async () => {
    const { client } = await subscribed();
    client.subscribe('2', 'subscription { throws }');
    const { type, payload } = await client.next();
    expect(type).toBe('error');
    expect(payload).toEqual([
      { message: 'Internal server error', extensions: expect.objectContaining({ code: 'INTERNAL_SERVER_ERROR' }) },
    ]);
  });

  test('gets the error with which its stream fails, and may use the id again', async () => {
    const { client, operation } = await subscribed();
    operation.subscriber.end({ kind: 'error', errors: [{ message: 'Gone', extensions: { code: 'NOT_FOUND' } }] });
    expect(await client.next()).toEqual({
      id: '1',
      type: 'error',
      payload: [{ message: 'Gone', extensions: { code: 'NOT_FOUND' } }],
    });
    client.subscribe('1', 'subscription { more }');
    await eventually(() => expect(server.joined.at(-1)?.request.query).toContain('more'));
  });

  test('leaves its stream when it unsubscribes, and may use the id again', async () => {
    const { client, operation } = await subscribed();
    client.send({ id: '1', type: 'complete' });
    await eventually(() => expect(operation.left).toBe('unsubscribed'));
    client.subscribe('1', 'subscription { next }');
    await eventually(() => expect(server.joined.at(-1)?.request.query).toContain('next'));
    client.send({ id: 'unknown', type: 'complete' });
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
  });

  test('leaves every stream when it vanishes', async () => {
    const { client, operation } = await subscribed();
    client.close();
    await eventually(() => expect(operation.left).toBe('disconnected'));
  });

  test('gets the answer of a query, and that it is all', async () => {
    const client = open(server);
    await client.init();
    client.subscribe('q', '{ answer }');
    expect(await client.next()).toEqual({ id: 'q', type: 'next', payload: { data: { answer: 42 } } });
    expect(await client.next()).toEqual({ id: 'q', type: 'complete' });
  });

  test('gets no answer to a query that it has given up', async () => {
    const { promise, resolve } = Promise.withResolvers<{ data: { answer: number } }>();
    server.answerWith(() => promise);
    const client = open(server);
    await client.init();
    client.subscribe('q', '{ answer }');
    client.send({ id: 'q', type: 'complete' });
    client.send({ type: 'ping' });
    await client.next();
    resolve({ data: { answer: 1 } });
    client.send({ type: 'ping', payload: { after: 'all' } });
    expect(await client.next()).toEqual({ type: 'pong', payload: { after: 'all' } });
    server.answerWith(async () => ({ data: { answer: 42 } }));
  });

  test('is answered when it pings, at any time, with what it says; a pong is taken in silence', async () => {
    const client = open(server);
    await client.opened;
    client.send({ type: 'ping', payload: { at: 1 } });
    expect(await client.next()).toEqual({ type: 'pong', payload: { at: 1 } });
    client.send({ type: 'pong', payload: { any: 'thing' } });
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
  });

  test.each([
    ['what is not JSON', 'hello'],
    ['a message that is no object', '[]'],
    ['an unknown type', { type: 'start' }],
    ['what only a server says', { id: '1', type: 'next', payload: {} }],
    ['a subscription without an id', { type: 'subscribe', payload: { query: '{ a }' } }],
    ['a subscription with an empty id', { id: '', type: 'subscribe', payload: { query: '{ a }' } }],
    ['an id that is longer than any', { id: 'x'.repeat(257), type: 'subscribe', payload: { query: '{ a }' } }],
    ['a subscription without a query', { id: '1', type: 'subscribe', payload: {} }],
    ['variables that are a list', { id: '1', type: 'subscribe', payload: { query: '{ a }', variables: [] } }],
    ['a name that is a number', { id: '1', type: 'subscribe', payload: { query: '{ a }', operationName: 1 } }],
    ['extensions that are text', { id: '1', type: 'subscribe', payload: { query: '{ a }', extensions: '' } }],
    ['a ping with text', { type: 'ping', payload: 'text' }],
    ['parameters that are text', { type: 'connection_init', payload: 'text' }],
  ])('is closed with 4400 when it sends %s', async (_name, message) => {
    const client = open(server);
    await client.opened;
    client.send(message);
    expect(await client.closed).toEqual({ code: 4400, reason: 'Invalid message received' });
  });

  test('is closed with 4401 when it subscribes before it is acknowledged', async () => {
    const client = open(server);
    await client.opened;
    client.subscribe('1', 'subscription { early }');
    expect(await client.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  test.each<[string, string | null]>([
    ['another subprotocol', 'graphql-ws'],
    ['no subprotocol', null],
  ])('that speaks %s is closed with 4406', async (_name, protocol) => {
    // The client itself gives up where it had offered some and none was chosen.
    const client = open(server, { protocol });
    const { code, reason } = await client.closed;
    if (protocol === null) expect({ code, reason }).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' });
    await eventually(() => expect(server.connections()).toBe(0));
  });

  test('is closed with 4409 when it uses an id twice at a time, and its first operation ends too', async () => {
    const { client, operation } = await subscribed();
    client.subscribe('1', 'subscription { twice }');
    expect(await client.closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' });
    expect(operation.left).toBe('disconnected');
  });

  test('is closed with 4409 however long the id is', async () => {
    const id = 'ü'.repeat(100);
    const { client } = await subscribed('subscription { long }', id);
    client.subscribe(id, 'subscription { twice }');
    expect(await client.closed).toEqual({ code: 4409, reason: 'Subscriber already exists' });
  });

  test('is closed with 4429 when it introduces itself twice', async () => {
    const client = open(server);
    await client.init();
    client.send({ type: 'connection_init' });
    expect(await client.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' });
  });

  test('is closed with 1009 when a message is longer than allowed', async () => {
    const { client, operation } = await subscribed();
    client.send('x'.repeat(10_001));
    expect((await client.closed).code).toBe(1009);
    expect(operation.left).toBe('disconnected');
  });

  test('is answered with 404 at another path', async () => {
    const client = openRawSocket(server.url.replace('graphql', 'elsewhere'));
    expect(await client.refused).toMatchObject({
      status: 404,
      body: { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
    });
  });

  test.each([
    ['schema_changed', { code: 1012, reason: 'Schema changed' }],
    ['too_slow', { code: 1013, reason: 'Too slow' }],
    ['shutdown', { code: 1001, reason: 'Going away' }],
    ['token_expired', { code: 4403, reason: 'Token expired' }],
  ] as const)('is told to come back, with all its operations, when one ends for %s', async (reason, closing) => {
    const { client, operation } = await subscribed();
    client.subscribe('2', 'subscription { other }');
    await eventually(() => expect(server.joined.at(-1)?.request.query).toContain('other'));
    operation.subscriber.end({ kind: 'reconnect', reason });
    expect(await client.closed).toEqual(closing);
    expect(operation.left).toBeUndefined();
    expect(server.joined.at(-1)!.left).toBe(reason);
  });

  test('that is told to come back gets the answer first to what is being executed', async () => {
    const { promise, resolve } = Promise.withResolvers<{ data: { answer: number } }>();
    server.answerWith(() => promise);
    const { client, operation } = await subscribed();
    client.subscribe('2', 'subscription { other }');
    client.subscribe('order', '{ order }');
    await eventually(() => expect(server.joined.at(-1)?.request.query).toContain('other'));
    client.send({ type: 'ping' });
    await client.next();
    operation.subscriber.end({ kind: 'reconnect', reason: 'schema_changed' });
    expect(server.joined.at(-1)!.left).toBe('schema_changed');
    resolve({ data: { answer: 7 } });
    server.answerWith(async () => ({ data: { answer: 42 } }));
    expect(await client.next()).toMatchObject({ id: 'order', type: 'next', payload: { data: { answer: 7 } } });
    expect(await client.next()).toMatchObject({ id: 'order', type: 'complete' });
    expect(await client.closed).toEqual({ code: 1012, reason: 'Schema changed' });
  });
});

describe('a WebSocket client that is no longer there', () => {
  test('is closed with 4408 when it does not introduce itself in time', async () => {
    const server = await startWebSocketServer({ initTimeoutMs: 50 });
    expect(await open(server).closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
    await server.close();
  });

  test('is cut when it does not answer a ping, and one that does is not', async () => {
    const server = await startWebSocketServer({ keepAliveMs: 200 });
    const [silent, alive] = [open(server, { autoPong: false }), open(server)];
    await Promise.all([silent.init(), alive.init()]);
    expect((await silent.closed).code).toBe(1006);
    let pings = 0;
    alive.socket.on('ping', () => (pings += 1));
    await eventually(() => expect(pings).toBe(3));
    expect(await server.metrics()).toMatch(/clients_closed_total\{transport="websocket",reason="unanswered".*\} 1/);
    await server.close();
  });

  test('is not cut for a ping that it has not come to while it sends something', async () => {
    const server = await startWebSocketServer({ keepAliveMs: 200 });
    const client = open(server, { autoPong: false });
    await client.init();
    const timer = setInterval(() => client.send({ type: 'pong' }), 20);
    let pings = 0;
    client.socket.on('ping', () => (pings += 1));
    await eventually(() => expect(pings).toBe(4));
    clearInterval(timer);
    expect((await client.closed).code).toBe(1006);
    await server.close();
  });
});

describe('a WebSocket server that shuts down', () => {
  test('tells its clients to come back, spread over the time it has, and takes no new ones', async () => {
    const server = await startWebSocketServer();
    const clients = Array.from({ length: 4 }, () => open(server));
    await Promise.all(clients.map((client) => client.init()));
    clients[0]!.subscribe('1', 'subscription { prices }');
    await eventually(() => expect(server.joined).toHaveLength(1));
    const times: number[] = [];
    for (const client of clients) void client.closed.then(() => times.push(performance.now()));
    const closed = server.retire(1_200);
    const late = await openRawSocket(server.url).refused;
    expect(late).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    const closings = await Promise.all(clients.map((client) => client.closed));
    await closed;
    expect(closings).toEqual(clients.map(() => ({ code: 1001, reason: 'Going away' })));
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(600);
    expect(server.joined[0]!.left).toBe('shutdown');
    await server.close();
  });

  test('answers the query that it is executing first', async () => {
    const server = await startWebSocketServer();
    const { promise, resolve } = Promise.withResolvers<{ data: { answer: number } }>();
    server.answerWith(() => promise);
    const client = open(server);
    await client.init();
    client.subscribe('q', '{ answer }');
    client.send({ type: 'ping' });
    await client.next();
    const closed = server.retire(5_000);
    resolve({ data: { answer: 7 } });
    expect(await client.next()).toMatchObject({ type: 'next', payload: { data: { answer: 7 } } });
    expect(await client.next()).toMatchObject({ type: 'complete' });
    expect((await client.closed).code).toBe(1001);
    await closed;
    await server.close();
  });

  test('waits for what is being executed although it has told everybody, and begins nothing more', async () => {
    const server = await startWebSocketServer();
    const { promise, resolve } = Promise.withResolvers<{ data: { answer: number } }>();
    server.answerWith(() => promise);
    const [idle, busy] = [open(server), open(server)];
    await Promise.all([idle.init(), busy.init()]);
    busy.subscribe('stream', 'subscription { prices }');
    busy.subscribe('q', '{ answer }');
    busy.send({ type: 'ping' });
    await busy.next();
    const closed = server.retire(0);
    expect((await idle.closed).code).toBe(1001);
    expect(server.joined[0]!.left).toBe('shutdown');
    busy.subscribe('late', '{ late }');
    for (let at = 0; at < 20; at += 1) {
      busy.send({ type: 'ping', payload: { at } });
      expect(await busy.next()).toEqual({ type: 'pong', payload: { at } });
    }
    resolve({ data: { answer: 7 } });
    expect(await busy.next()).toMatchObject({ id: 'q', type: 'next', payload: { data: { answer: 7 } } });
    expect(await busy.next()).toMatchObject({ id: 'q', type: 'complete' });
    expect((await busy.closed).code).toBe(1001);
    expect(busy.messages.some(({ id }) => id === 'late')).toBe(false);
    await closed;
    await server.close();
  });

  test('does not wait for ever', async () => {
    const server = await startWebSocketServer();
    server.answerWith(() => new Promise(() => undefined));
    const client = open(server);
    await client.init();
    client.subscribe('q', '{ answer }');
    client.send({ type: 'ping' });
    await client.next();
    const begun = performance.now();
    await server.retire(0);
    expect(performance.now() - begun).toBeLessThan(6_000);
    expect(await client.closed).toEqual({ code: 1001, reason: 'Going away' });
    await server.close();
  });
});

describe('limits of WebSocket clients', () => {
  test('answer with 429 and when to come back what is one connection too many, until one is closed', async () => {
    const server = await startWebSocketServer({ connectionsPerClient: 2 });
    const [first, second] = [open(server), open(server)];
    await Promise.all([first.opened, second.opened]);
    expect(await openRawSocket(server.url).refused).toMatchObject({
      status: 429,
      headers: { 'retry-after': '5' },
      body: { errors: [{ extensions: { code: 'TOO_MANY_CONNECTIONS', retryable: true } }] },
    });
    first.close();
    await eventually(() => expect(server.connections()).toBe(1));
    await open(server).opened;
    await server.close();
  });

  test('count a connection for its user once that is known, and no longer for the address', async () => {
    const server = await startWebSocketServer({ connectionsPerClient: 1 });
    const ada = open(server);
    await ada.init({ authorization: 'Bearer ada' });
    const bob = open(server);
    await bob.init({ authorization: 'Bearer bob' });
    const adaAgain = open(server);
    await adaAgain.opened;
    adaAgain.send({ type: 'connection_init', payload: { authorization: 'Bearer ada' } });
    expect(await adaAgain.closed).toEqual({ code: 1013, reason: 'Too many connections' });
    await server.close();
  });

  test('refuse the operation that is one too many on its connection, and that alone', async () => {
    const server = await startWebSocketServer({ operationsPerConnection: 2 });
    const client = open(server);
    await client.init();
    for (const id of ['1', '2', '3']) client.subscribe(id, 'subscription { prices }');
    expect(await client.next()).toMatchObject({
      id: '3',
      type: 'error',
      payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }],
    });
    client.send({ id: '1', type: 'complete' });
    client.subscribe('3', 'subscription { prices }');
    await eventually(() => expect(server.joined).toHaveLength(3));
    await server.close();
  });

  test('let operations wait that are started faster than allowed, over all connections of the client, in order', async () => {
    const server = await startWebSocketServer({ operationsPerSecond: 10, operationsPerConnection: 10 });
    const clients = [open(server), open(server), open(server)];
    await Promise.all(clients.map((client) => client.init()));
    const begun = performance.now();
    const ids = Array.from({ length: 8 }, (_, index) => String(index + 1));
    for (const client of clients) {
      for (const id of ids) client.subscribe(id, '{ a }');
      client.send({ type: 'ping' });
    }
    await eventually(() => expect(clients.map(({ messages }) => messages.length)).toEqual([18, 18, 18]));
    expect(performance.now() - begun).toBeGreaterThan(350);
    for (const { messages } of clients) {
      expect(messages.flatMap(({ type, id }) => (type === 'next' ? [id] : []))).toEqual(ids);
      expect(messages.flatMap(({ type, id }) => (type === 'complete' ? [id] : []))).toEqual(ids);
      expect(messages.filter(({ type }) => type === 'pong')).toHaveLength(1);
    }
    clients[2]!.subscribe('later', '{ a }');
    await eventually(() => expect(clients[2]!.messages.at(-1)).toEqual({ id: 'later', type: 'complete' }));
    await server.close();
  });

  test('do not cut a client for the pings that it cannot answer while it has to wait', async () => {
    const server = await startWebSocketServer({ operationsPerSecond: 1, operationsPerConnection: 1, keepAliveMs: 50 });
    const client = open(server);
    await client.init();
    for (let id = 1; id <= 3; id += 1) client.subscribe(String(id), '{ a }');
    await eventually(() => expect(client.messages.at(-1)).toEqual({ id: '3', type: 'complete' }));
    await server.close();
  });

  test('tell a client to come back that would have to wait for too long', async () => {
    const server = await startWebSocketServer({ operationsPerSecond: 0.15, operationsPerConnection: 1 });
    const [one, two] = [open(server), open(server)];
    await Promise.all([one.init(), two.init()]);
    for (const id of ['1', '2', '3']) one.subscribe(id, 'subscription { prices }');
    await one.next();
    two.subscribe('1', 'subscription { prices }');
    expect(await two.closed).toEqual({ code: 1013, reason: 'Too many operations' });
    await eventually(async () =>
      expect(await server.metrics()).toMatch(/clients_closed_total\{transport="websocket",reason="rate_limited".*\} 1/),
    );
    expect(server.joined).toHaveLength(1);
    await server.close();
    expect(await one.closed).toEqual({ code: 1001, reason: 'Going away' });
  });
});
