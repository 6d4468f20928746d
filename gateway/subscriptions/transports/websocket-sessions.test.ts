import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { aMessage } from './test/driven-operations.ts';
import { openRawSocket, type RawSocket } from '../../test/raw-websocket.ts';
import { startWebSocketServer, tokenExpiry } from './test/websocket-server.ts';

type Server = Awaited<ReturnType<typeof startWebSocketServer>>;

let server: Server;
const sockets: RawSocket[] = [];
beforeAll(async () => {
  server = await startWebSocketServer();
});
afterAll(() => server.close());
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await eventually(() => expect(server.connections()).toBe(0));
});

function open(): RawSocket {
  const client = openRawSocket(server.url);
  sockets.push(client);
  return client;
}

async function signedIn(user = 'ada') {
  const client = open();
  await client.init({ authorization: `Bearer ${user}`, 'x-correlation-id': 'given-by-client' });
  return client;
}

async function subscribed(client: RawSocket, query: string, id = '1') {
  const before = server.joined.length;
  client.subscribe(id, query);
  await eventually(() => expect(server.joined).toHaveLength(before + 1));
  return server.joined.at(-1)!;
}

describe('the caller of a WebSocket', () => {
  test.each(['authorization', 'Authorization'])('is who the token in %s speaks for', async (name) => {
    const client = open();
    await client.init({ [name]: 'Bearer ada', 'x-correlation-id': 'given-by-client' });
    const { context } = await subscribed(client, `subscription { mine by ${name} }`);
    expect(context).toMatchObject({
      caller: { kind: 'user', userId: 'ada' },
      authorization: 'Bearer ada',
      correlationId: 'given-by-client',
      tick: undefined,
    });
  });

  test('is refused with 4403 when the token is no good', async () => {
    const client = open();
    await client.opened;
    client.send({ type: 'connection_init', payload: { authorization: 'Bearer wrong' } });
    expect(await client.closed).toEqual({ code: 4403, reason: 'Forbidden' });
  });

  test('is told to come back with 1013 when nobody can tell whether the token is good', async () => {
    const client = open();
    await client.opened;
    client.send({ type: 'connection_init', payload: { authorization: 'Bearer away' } });
    expect(await client.closed).toEqual({ code: 1013, reason: 'Try again later' });
  });

  test('may do nothing before its token is verified', async () => {
    const client = open();
    await client.opened;
    client.send({ type: 'connection_init', payload: { authorization: 'Bearer ada' } });
    client.subscribe('1', 'subscription { early }');
    const { code } = await client.closed;
    expect(code).toBe(4401);
  });
});

describe('the end of a session', () => {
  test.each([
    ['token_expired', 'Token expired'],
    ['session_ended', 'Session ended'],
  ] as const)('by %s closes a socket with personal streams, and the client may come back', async (reason, text) => {
    const client = await signedIn();
    const personal = await subscribed(client, 'subscription { mine }');
    const open = await subscribed(client, 'subscription { prices }', '2');
    server.endSession('ada', reason);
    expect(await client.closed).toEqual({ code: 4403, reason: text });
    expect([personal.left, open.left]).toEqual([reason, reason]);
    expect(server.watchers('ada')).toBe(0);
  });

  test('leaves public streams alone where there is nothing else; what is personal is refused from then on', async () => {
    const client = await signedIn();
    const operation = await subscribed(client, 'subscription { prices }');
    server.endSession('ada', 'token_expired');
    operation.subscriber.deliver(aMessage(1));
    expect(await client.next()).toMatchObject({ type: 'next' });
    client.subscribe('2', 'subscription { mine }');
    expect(await client.next()).toMatchObject({
      id: '2',
      type: 'error',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(operation.left).toBeUndefined();
  });

  test('lets a mutation be answered that is being executed, or its client would send it again; nothing else begins', async () => {
    const { promise, resolve } = Promise.withResolvers<{ data: { answer: number } }>();
    server.answerWith(() => promise);
    const client = await signedIn();
    const personal = await subscribed(client, 'subscription { mine }');
    client.subscribe('order', '{ order }');
    client.send({ type: 'ping' });
    await client.next();
    const joined = server.joined.length;
    server.endSession('ada', 'session_ended');
    expect(personal.left).toBe('session_ended');
    client.subscribe('late', 'subscription { late }');
    client.send({ type: 'ping', payload: { authorization: 'Bearer ada' } });
    client.send({ type: 'ping' });
    expect(await client.next()).toEqual({ type: 'pong' });
    expect(server.joined).toHaveLength(joined);
    resolve({ data: { answer: 7 } });
    server.answerWith(async () => ({ data: { answer: 42 } }));
    expect(await client.next()).toEqual({ id: 'order', type: 'next', payload: { data: { answer: 7 } } });
    expect(await client.next()).toEqual({ id: 'order', type: 'complete' });
    expect(await client.closed).toEqual({ code: 4403, reason: 'Session ended' });
  });

  test('is not waited for any more when the socket is closed', async () => {
    const client = await signedIn();
    expect(server.watchers('ada')).toBe(1);
    client.close();
    await eventually(() => expect(server.watchers('ada')).toBe(0));
  });
});

describe('a token that is renewed by a ping', () => {
  const renewal = (authorization: string) => ({ type: 'ping', payload: { authorization } });

  test('keeps personal streams without a gap, and tells until when', async () => {
    const client = await signedIn();
    const operation = await subscribed(client, 'subscription { mine }');
    client.send(renewal('Bearer ada'));
    expect(await client.next()).toEqual({
      type: 'pong',
      payload: { authorization: { expiresAt: new Date(tokenExpiry).toISOString() } },
    });
    expect(server.renewed.at(-1)).toMatchObject({ caller: { userId: 'ada' }, correlationId: 'given-by-client' });
    expect(server.watchers('ada')).toBe(1);
    operation.subscriber.deliver(aMessage(1));
    expect(await client.next()).toMatchObject({ type: 'next' });
  });

  test('gives a socket its caller back after the old one has expired', async () => {
    const client = await signedIn();
    server.endSession('ada', 'token_expired');
    client.send(renewal('Bearer ada'));
    await client.next();
    await subscribed(client, 'subscription { mine again }');
  });

  test.each([
    ['is no good', 'Bearer wrong'],
    ['is somebody else’s', 'Bearer bob'],
    ['is of another session, while streams are of this one', 'Bearer ada.second'],
    ['has other roles than those by which streams were allowed', 'Bearer ada.first.CUSTOMER+OPERATOR'],
  ])('closes the socket with 4403 when it %s', async (_name, authorization) => {
    const client = await signedIn();
    const operation = await subscribed(client, `subscription { mine, ${authorization} }`);
    client.send(renewal(authorization));
    expect(await client.closed).toEqual({ code: 4403, reason: 'Forbidden' });
    expect(operation.left).toBe('disconnected');
  });

  test('may name the same roles in another order', async () => {
    const client = await signedIn('ada.first.CUSTOMER+OPERATOR');
    client.send(renewal('Bearer ada.first.OPERATOR+CUSTOMER'));
    expect(await client.next()).toMatchObject({ type: 'pong' });
  });

  test('may have other roles when the old one has expired', async () => {
    const client = await signedIn();
    server.endSession('ada', 'token_expired');
    client.send(renewal('Bearer ada.first.CUSTOMER+OPERATOR'));
    await client.next();
    const { context } = await subscribed(client, 'subscription { mine as operator }');
    expect(context.caller).toMatchObject({ roles: ['CUSTOMER', 'OPERATOR'] });
  });

  test('does not take the place of a newer one that was verified sooner', async () => {
    const client = await signedIn('ada.first.CUSTOMER.5');
    client.send(renewal('Bearer ada.first.CUSTOMER.1'));
    client.send(renewal('Bearer ada.first.CUSTOMER.3'));
    const newest = { authorization: { expiresAt: new Date(tokenExpiry - 60_000).toISOString() } };
    expect([await client.next(), await client.next()]).toEqual([
      { type: 'pong', payload: newest },
      { type: 'pong', payload: newest },
    ]);
    const { context } = await subscribed(client, 'subscription { mine with the newest }');
    expect(context.authorization).toBe('Bearer ada.first.CUSTOMER.1');
  });

  test('cannot sign in a socket that was opened by nobody', async () => {
    const client = open();
    await client.init();
    client.send(renewal('Bearer ada'));
    expect((await client.closed).code).toBe(4403);
  });

  test('costs nothing while it cannot be verified: the old one is good until it expires', async () => {
    const client = await signedIn();
    const operation = await subscribed(client, 'subscription { mine }');
    client.send(renewal('Bearer away'));
    expect(await client.next()).toEqual({
      type: 'pong',
      payload: { authorization: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true } },
    });
    expect(operation.left).toBeUndefined();
  });
});
