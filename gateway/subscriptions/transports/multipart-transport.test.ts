import { afterEach, describe, expect, test } from '@jest/globals';
import {
  ApolloClient,
  CombinedGraphQLErrors,
  CombinedProtocolErrors,
  gql,
  HttpLink,
  InMemoryCache,
} from '@apollo/client';
import { RetryLink } from '@apollo/client/link/retry';
import { eventually } from '#shared/testing/eventually.ts';
import { createMultipartFormat } from './multipart-transport.ts';
import { acceptMultipart, post } from '../../test/raw-stream.ts';
import { aMessage, startStreamingServer, type StreamingServer } from './test/streaming-server.ts';
import type { Ending } from '../stream-message.ts';

let server: StreamingServer;
const stops: (() => void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await server.close();
});

const query = 'subscription { priceUpdated }';
const started = (count = 1) => eventually(() => expect(server.joins).toHaveLength(count));
const head = 'content-type: application/json\r\n\r\n';

describe('a subscription over multipart', () => {
  test('begins with a heartbeat and ends each part with the boundary behind it, so that clients read it at once', async () => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptMultipart, { query });
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('multipart/mixed;boundary="graphql";subscriptionSpec="1.0"');
    await started();
    server.joins[0]!.deliver(aMessage(7));
    const begun = `\r\n--graphql\r\n${head}{}\r\n--graphql`;
    const event = `\r\n${head}{"payload":{"data":{"priceUpdated":{"sequence":"7","padding":""}}}}\r\n--graphql`;
    await eventually(() => expect(stream.text()).toBe(begun + event));
    server.joins[0]!.end({ kind: 'complete' });
    expect(await stream.whole()).toBe(`${begun}${event}--\r\n`);
  });

  test('makes the bytes of an event once for all its clients', async () => {
    server = await startStreamingServer();
    const { frame } = createMultipartFormat();
    const message = aMessage(1);
    expect(frame(message)).toBe(frame(message));
  });

  test('has heartbeats', async () => {
    server = await startStreamingServer({ heartbeatMs: 48 });
    const stream = await post(server.url, acceptMultipart, { query });
    await stream.until(`{}\r\n--graphql\r\n${head}{}\r\n--graphql`);
    stream.close();
  });

  test.each([
    ['that is refused gets a status, and the content type that Apollo Client reads errors from', 'BAD_USER_INPUT', 400],
    ['of somebody who is not signed in', 'UNAUTHENTICATED', 401],
    ['of somebody who may not', 'FORBIDDEN', 403],
  ])('%s', async (_name, code, status) => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptMultipart, { query: `subscription refused ${code}` });
    expect(stream.status).toBe(status);
    expect(stream.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    expect(JSON.parse(await stream.whole())).toEqual({ errors: [{ message: 'Refused', extensions: { code } }] });
  });

  test.each([
    ['a query', { query: '{ subscriptions }' }],
    ['a query that speaks of no subscription', { query: '{ answer }' }],
    ['a persisted query, which has no text', { extensions: { persistedQuery: { version: 1 } } }],
    ['a body that is none', []],
  ])('is not what %s becomes: it gets the ordinary answer', async (_name, body) => {
    server = await startStreamingServer();
    const stream = await post(server.url, acceptMultipart, body);
    expect(JSON.parse(await stream.whole())).toEqual({ data: { atOnce: body } });
  });
});

describe('Apollo Client over multipart', () => {
  function subscribe(options: { retries?: boolean } = {}) {
    const http = new HttpLink({ uri: server.url });
    const link = options.retries ? new RetryLink({ delay: { initial: 1 } }).concat(http) : http;
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const results: { data?: unknown; error?: unknown }[] = [];
    let isComplete = false;
    const document = gql`
      subscription {
        priceUpdated {
          sequence
        }
      }
    `;
    const subscription = client.subscribe({ query: document }).subscribe({
      next: (result) => results.push(result),
      complete: () => (isComplete = true),
    });
    stops.push(() => subscription.unsubscribe());
    return { results, isComplete: () => isComplete };
  }
  const sequences = (results: { data?: unknown }[]) =>
    results.map(({ data }) => (data as { priceUpdated: { sequence: string } }).priceUpdated.sequence);

  test('gets every event, and the end', async () => {
    server = await startStreamingServer({ heartbeatMs: 48 });
    const { results, isComplete } = subscribe();
    await started();
    for (const sequence of [1, 2, 3]) server.joins[0]!.deliver(aMessage(sequence));
    server.joins[0]!.end({ kind: 'complete' });
    await eventually(() => expect(isComplete()).toBe(true));
    expect(sequences(results)).toEqual(['1', '2', '3']);
  });

  const errors = [{ message: 'Refused', extensions: { code: 'NOT_FOUND' } }];
  const retryable = [{ message: 'Not now', extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true } }];
  test.each<[string, Ending, object]>([
    ['as the errors of the operation when it is refused for good', { kind: 'error', errors }, CombinedGraphQLErrors],
    [
      'as a failure of the connection when it may be repeated',
      { kind: 'error', errors: retryable },
      CombinedProtocolErrors,
    ],
    [
      'as a failure of the connection when it should connect again',
      { kind: 'reconnect', reason: 'token_expired' },
      CombinedProtocolErrors,
    ],
  ])('is told the end %s', async (_name, ending, kind) => {
    server = await startStreamingServer();
    const { results } = subscribe();
    await started();
    server.joins[0]!.end(ending);
    await eventually(() => expect(results).toHaveLength(1));
    expect(results[0]!.error).toBeInstanceOf(kind);
    const code = ending.kind === 'error' ? ending.errors[0]!.extensions!.code : 'TOKEN_EXPIRED';
    expect(results[0]!.error).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  test.each(['token_expired', 'session_ended', 'schema_changed', 'shutdown'] as const)(
    'comes back with its RetryLink after %s, without a word to the application',
    async (reason) => {
      server = await startStreamingServer();
      const { results, isComplete } = subscribe({ retries: true });
      await started();
      server.joins[0]!.deliver(aMessage(1));
      server.joins[0]!.end({ kind: 'reconnect', reason });
      await started(2);
      server.joins[1]!.deliver(aMessage(2));
      await eventually(() => expect(sequences(results)).toEqual(['1', '2']));
      expect(isComplete()).toBe(false);
    },
  );
});
