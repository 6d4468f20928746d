import { afterEach, describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-sse';
import { eventually } from '#shared/testing/eventually.ts';
import { createSseFormat } from './sse-transport.ts';
import { acceptSse, get, post } from '../../test/raw-stream.ts';
import { aMessage, startStreamingServer, type StreamingServer } from './test/streaming-server.ts';

let server: StreamingServer;
afterEach(() => server.close());

const query = 'subscription { priceUpdated }';
const started = (count = 1) => eventually(() => expect(server.joins).toHaveLength(count));

describe('a subscription over server-sent events', () => {
  test('begins with headers that let every event through at once, and with when to come back', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptSse, { query });
    expect(stream.status).toBe(200);
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(await stream.until('\n\n')).toMatch(/^retry: [1-3]\d{3}\n\n$/);
    stream.close();
  });

  test('is asked for by POST and by GET, with variables and an operation name', async () => {
    server = await startStreamingServer();
    const variables = { symbol: 'XAU-USD' };
    const posted = await post(server.url, acceptSse, { query, variables, operationName: 'A' });
    const got = await get(server.url, { query, variables: JSON.stringify(variables), operationName: 'A' });
    await started(2);
    for (const { request } of server.joins) expect(request).toEqual({ query, variables, operationName: 'A' });
    posted.close();
    got.close();
  });

  test('sends each event whole, with its sequence as its id where it can be resumed behind it', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptSse, { query });
    await started();
    server.joins[0]!.deliver(aMessage(7));
    server.joins[0]!.deliver(aMessage(undefined));
    server.joins[0]!.end({ kind: 'complete' });
    const [, first, second, last] = (await stream.whole()).split('\n\n');
    expect(first).toBe('event: next\nid: 7\ndata: {"data":{"priceUpdated":{"sequence":"7","padding":""}}}');
    expect(second).toMatch(/^event: next\ndata: \{.*\}$/);
    expect(last).toBe('event: complete\nid: complete\ndata:');
  });

  test('makes the bytes of an event once for all its clients', () => {
    const { frame } = createSseFormat();
    const message = aMessage(1);
    expect(frame(message)).toBe(frame(message));
  });

  test('is resumed behind the Last-Event-ID where it can be, and not where it cannot', async () => {
    server = await startStreamingServer();
    const lastEventId = { 'last-event-id': '41' };
    const streams = [
      await get(server.url, { query: 'subscription resumable' }, lastEventId),
      await get(server.url, { query }, lastEventId),
      await get(server.url, { query: 'subscription resumable' }, { 'last-event-id': 'nonsense' }),
    ];
    await started(3);
    expect(server.joins.map(({ after }) => after)).toEqual(['41', undefined, undefined]);
    for (const stream of streams) stream.close();
  });

  test('begins anew when what EventSource has seen last is too old to be resumed', async () => {
    server = await startStreamingServer();
    const stream = await get(server.url, { query: 'subscription resumable tooOld' }, { 'last-event-id': '1' });
    await started(2);
    expect(server.joins.map(({ after }) => after)).toEqual(['1', undefined]);
    server.joins[1]!.deliver(aMessage(99));
    await stream.until('id: 99');
    stream.close();
    await eventually(() => expect(server.joins[1]!.left).toEqual(['disconnected']));
  });

  test('that is over is over for EventSource too, which would come back for ever', async () => {
    server = await startStreamingServer();
    const stream = await get(server.url, { query }, { 'last-event-id': 'complete' });
    expect(stream.status).toBe(204);
    expect(server.joins).toEqual([]);
  });

  test('shows that it lives while no event comes, and only then', async () => {
    server = await startStreamingServer({ heartbeatMs: 48 });
    const stream = await post(server.url, acceptSse, { query });
    await stream.until('\n\n:\n\n:\n\n');
    stream.close();
  });

  test('ends with the errors of an operation that is refused after it has begun', async () => {
    server = await startStreamingServer();
    const errors = [{ message: 'No such symbol', extensions: { code: 'NOT_FOUND' } }];
    const stream = await post(server.url, acceptSse, { query });
    await started();
    server.joins[0]!.end({ kind: 'error', errors });
    expect(await stream.whole()).toContain(`event: next\ndata: ${JSON.stringify({ errors })}\n\nevent: complete\n`);
  });
});

describe('a client of server-sent events that is asked to connect again', () => {
  test('is not told that the operation is complete', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptSse, { query });
    await started();
    server.joins[0]!.end({ kind: 'reconnect', reason: 'schema_changed' });
    expect(await stream.whole()).toMatch(/^retry: \d+\n\n: schema_changed\n\n$/);
  });

  test('has time to take in the last event before the end', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptSse, { query });
    await started();
    const begun = performance.now();
    server.joins[0]!.deliver(aMessage(1));
    server.joins[0]!.end({ kind: 'reconnect', reason: 'schema_changed' });
    await stream.whole();
    expect(performance.now() - begun).toBeGreaterThan(200);
  });

  test.each([0, 1, 20])('comes back when it is graphql-sse, %i events after it began', async (count) => {
    server = await startStreamingServer();
    const client = createClient({ url: server.url, retry: async () => undefined });
    const problems: unknown[] = [];
    const stop = client.subscribe(
      { query },
      { next: () => undefined, error: (problem) => problems.push(problem), complete: () => problems.push('complete') },
    );
    await started();
    const [joined] = server.joins;
    for (let sequence = 1; sequence <= count; sequence += 1) joined!.deliver(aMessage(sequence));
    joined!.end({ kind: 'reconnect', reason: 'schema_changed' });
    await started(2);
    expect(problems).toEqual([]);
    stop();
  });
});

describe('an operation over server-sent events that is refused', () => {
  const refused = { query: 'refused BAD_USER_INPUT' };

  test('is told as an event to clients that read nothing else', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptSse, refused);
    expect(stream.status).toBe(200);
    expect(await stream.whole()).toContain(
      'data: {"errors":[{"message":"Refused","extensions":{"code":"BAD_USER_INPUT"}}]}',
    );
    expect(stream.text()).toMatch(/event: complete\nid: complete\ndata:\n\n$/);
  });

  test('reports its code through graphql-sse, and is not repeated', async () => {
    server = await startStreamingServer();
    const client = createClient({ url: server.url });
    const results: unknown[] = [];
    for await (const result of client.iterate(refused)) results.push(result);
    expect(results).toEqual([{ errors: [{ message: 'Refused', extensions: { code: 'BAD_USER_INPUT' } }] }]);
  });

  test('gets a status and a GraphQL body where the client reads JSON too', async () => {
    server = await startStreamingServer();
    const accept = 'text/event-stream, application/graphql-response+json';
    const stream = await post(server.url, accept, { query: 'refused BAD_USER_INPUT subscription' });
    expect(stream.status).toBe(400);
    expect(stream.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    expect(JSON.parse(await stream.whole())).toEqual({
      errors: [{ message: 'Refused', extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  test('and may be repeated is told by a status, on which graphql-sse tries again', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptSse, { query: 'refused RATE_LIMITED retryable' });
    expect([stream.status, stream.headers.get('retry-after')]).toEqual([429, '2']);
  });

  test('and may be repeated is told to EventSource by a stream that ends, on which alone it tries again', async () => {
    server = await startStreamingServer();
    const stream = await get(server.url, { query: 'refused RATE_LIMITED retryable' });
    expect(stream.status).toBe(200);
    expect(await stream.whole()).toMatch(/^retry: 2000\n\nevent: next\ndata: .*RATE_LIMITED.*\n\n$/);
  });
});

describe('a query or mutation over server-sent events', () => {
  test('is answered by one event and the end', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptSse, { query: 'mutation { answer }', variables: { a: 1 } });
    expect(await stream.whole()).toBe(
      'event: next\ndata: {"data":{"answer":{"a":1}}}\n\nevent: complete\nid: complete\ndata:\n\n',
    );
  });

  test('changes nothing when it comes by GET, which any page may send', async () => {
    server = await startStreamingServer();
    const mutation = await get(server.url, { query: 'query A { answer } mutation B { answer }', operationName: 'B' });
    expect([mutation.status, mutation.headers.get('allow')]).toEqual([405, 'POST']);
    const read = await get(server.url, { query: 'query A { answer } mutation B { answer }', operationName: 'A' });
    expect(await read.whole()).toContain('event: next\ndata: {"data":');
  });

  test.each([
    ['without an operation', { variables: {} }],
    ['with variables that are no object', { query: '{ answer }', variables: [1] }],
    ['with a name that is no text', { query: '{ answer }', operationName: 1 }],
    ['that is a list', []],
  ])('%s is refused with 400', async (_name, body) => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptSse, body);
    expect(stream.status).toBe(400);
    expect(await stream.whole()).toContain('BAD_REQUEST');
  });

  test('with parameters that are not JSON is refused with 400', async () => {
    server = await startStreamingServer();
    expect((await get(server.url, { query, variables: '{' })).status).toBe(400);
  });
});
