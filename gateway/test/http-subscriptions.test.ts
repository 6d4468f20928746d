import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { createClient as createUrqlClient, fetchExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { eventually } from '#shared/testing/eventually.ts';
import { acceptMultipart, acceptSse, get, post } from './raw-stream.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse();
  warehouse.sell('A');
});
afterAll(async () => {
  await warehouse.close();
});

const sequencesIn = (text: string, field: string) =>
  [...text.matchAll(new RegExp(`${field}":\\{"sequence":(\\d+)`, 'g'))].map(([, sequence]) => Number(sequence));

describe('a subscription over plain HTTP', () => {
  test.each([
    ['server-sent events', acceptSse],
    ['multipart', acceptMultipart],
  ])('by %s gives the current state and what follows, and leaves no upstream behind', async (_name, accept) => {
    const stream = await post(warehouse.url, accept, { query: 'subscription { itemSold { sequence note } }' });
    await eventually(() => expect(sequencesIn(stream.text(), 'itemSold')).toHaveLength(1));
    warehouse.sell('B');
    await eventually(() => expect(sequencesIn(stream.text(), 'itemSold')).toHaveLength(2));
    expect(stream.headers.get('x-correlation-id')).toEqual(expect.any(String));
    stream.close();
    await eventually(() => expect(warehouse.listeners()).toBe(0));
  });

  test('is resumed behind the Last-Event-ID, and begins anew where that is too old or has not come yet', async () => {
    for (const sku of ['C', 'D', 'E']) warehouse.sell(sku);
    const query = 'subscription { itemSold { sequence } }';
    const begunWith = async (lastEventId: string) => {
      const stream = await get(warehouse.url, { query }, { 'last-event-id': lastEventId });
      await stream.until('event: next');
      stream.close();
      return sequencesIn(stream.text(), 'itemSold')[0];
    };
    expect(await begunWith('1')).toBe(2);
    const current = await begunWith('');
    expect(await begunWith('666')).toBe(current);
    expect(await begunWith('100000')).toBe(current);
  });

  test('completes at graphql-sse and at Apollo Client when it completes at its subgraph', async () => {
    const sse = createSseClient({ url: warehouse.url });
    const results: unknown[] = [];
    for await (const result of sse.iterate({ query: 'subscription { clockTicked }' })) results.push(result.data);
    expect(results).toEqual([{ clockTicked: 1 }, { clockTicked: 2 }]);

    const apollo = new ApolloClient({ link: new HttpLink({ uri: warehouse.url }), cache: new InMemoryCache() });
    const seen: unknown[] = [];
    await new Promise<void>((complete) => {
      const query = gql('subscription { clockTicked }');
      apollo.subscribe({ query }).subscribe({ next: ({ data }) => seen.push(data), complete });
    });
    expect(seen).toEqual([{ clockTicked: 1 }, { clockTicked: 2 }]);
  });

  test('is what urql makes of it without any other library', async () => {
    const client = createUrqlClient({
      url: warehouse.url,
      preferGetMethod: false,
      fetchSubscriptions: true,
      exchanges: [fetchExchange],
    });
    const seen: unknown[] = [];
    const { unsubscribe } = client
      .subscription('subscription { itemSold { note } }', {})
      .subscribe(({ data, error }) => seen.push(error ?? data));
    await eventually(() => expect(seen).toHaveLength(1));
    warehouse.sell('F');
    await eventually(() => expect(seen).toHaveLength(2));
    expect(seen[1]).toEqual({ itemSold: { note: 'sold' } });
    unsubscribe();
  });
});

describe('a subscription over plain HTTP that is refused', () => {
  const refusals = [
    ['by the grammar', 'subscription { itemSold {', 'GRAPHQL_PARSE_FAILED'],
    ['by the schema', 'subscription { itemSold { nothing } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['by its subgraph', 'subscription { itemSold(sku: "UNKNOWN") { note } }', 'NOT_FOUND'],
    ['for want of a variable', 'subscription ($sku: ID!) { itemSold(sku: $sku) { note } }', 'BAD_USER_INPUT'],
  ] as const;

  test.each(refusals)('%s is told to graphql-sse with its code', async (_name, query, code) => {
    const client = createSseClient({ url: warehouse.url, retryAttempts: 0 });
    const results = [];
    for await (const result of client.iterate({ query })) results.push(result);
    expect(results).toMatchObject([{ errors: [{ extensions: { code } }] }]);
  });

  // Apollo Client parses before it sends.
  test.each(refusals.slice(1))('%s is told to Apollo Client with its code', async (_name, query, code) => {
    const client = new ApolloClient({ link: new HttpLink({ uri: warehouse.url }), cache: new InMemoryCache() });
    const seen: { error?: unknown }[] = [];
    await new Promise<void>((complete) => {
      client.subscribe({ query: gql(query) }).subscribe({ next: (result) => seen.push(result), complete });
    });
    expect(seen).toMatchObject([{ error: { name: 'CombinedGraphQLErrors', errors: [{ extensions: { code } }] } }]);
  });
});

describe('a personal subscription over plain HTTP', () => {
  const inbox = 'subscription ($after: String) { myInbox(after: $after) { sequence text } }';
  type Entry = { myInbox: { sequence: number; text: string } };

  test('ends with the access token, and its client comes back with a new one and misses nothing', async () => {
    const expirations: number[] = [];
    const client = createSseClient({
      url: warehouse.url,
      retry: async () => undefined,
      headers: () => {
        expirations.push(Date.now() + 2_000);
        return { authorization: `Bearer ${warehouse.keys.sign({ sub: 'alice' }, { expiresIn: 2 })}` };
      },
    });
    warehouse.tell('alice', 'first');
    const variables: { after?: string } = {};
    const seen: string[] = [];
    const problems: unknown[] = [];
    const stop = client.subscribe<Entry>(
      { query: inbox, variables },
      {
        next({ data, errors }) {
          if (!data) return problems.push(errors);
          variables.after = String(data.myInbox.sequence);
          seen.push(data.myInbox.text);
        },
        error: (problem) => problems.push(problem),
        complete: () => problems.push('complete'),
      },
    );
    await eventually(() => expect(seen).toEqual(['first']));
    await eventually(() => expect(expirations.length).toBeGreaterThan(1));
    warehouse.tell('alice', 'second');
    await eventually(() => expect(seen).toEqual(['first', 'second']));
    expect(problems).toEqual([]);
    stop();
  });

  test('of Apollo Client ends with a code on which its RetryLink comes back', async () => {
    warehouse.tell('bob', 'hello');
    const authorization = `Bearer ${warehouse.keys.sign({ sub: 'bob' }, { expiresIn: 2 })}`;
    const stream = await post(warehouse.url, acceptMultipart, { query: inbox }, { authorization });
    await stream.until('hello');
    expect(await stream.whole()).toContain('"code":"TOKEN_EXPIRED","retryable":true');
  });

  test('leaves public ones of the same caller alone', async () => {
    const authorization = `Bearer ${warehouse.keys.sign({ sub: 'carol' }, { expiresIn: 1 })}`;
    warehouse.tell('carol', 'hello');
    const query = 'subscription { itemSold { sequence } }';
    const open = await post(warehouse.url, acceptSse, { query }, { authorization });
    const personal = await post(warehouse.url, acceptSse, { query: inbox }, { authorization });
    expect(await personal.whole()).toContain(': token_expired');
    const before = sequencesIn(open.text(), 'itemSold').length;
    warehouse.sell('G');
    await eventually(() => expect(sequencesIn(open.text(), 'itemSold')).toHaveLength(before + 1));
    open.close();
  });
});

describe('what is no subscription', () => {
  test.each([
    ['Apollo Client sends subscriptions', acceptMultipart],
    [
      'urql sends everything',
      'application/graphql-response+json, application/json, text/event-stream, multipart/mixed',
    ],
  ])('gets JSON with the Accept header with which %s', async (_name, accept) => {
    for (const query of ['{ latest }', 'query subscriptions { latest }']) {
      const answer = await post(warehouse.url, accept, { query });
      expect(answer.headers.get('content-type')).toMatch(/^application\/graphql-response\+json/);
      expect(JSON.parse(await answer.whole())).toMatchObject({ data: { latest: expect.any(Number) } });
    }
  });

  test('is answered by one event where a client reads events alone', async () => {
    const query = 'mutation { setLatest(value: 7) }';
    const posted = await post(warehouse.url, acceptSse, { query });
    expect(await posted.whole()).toMatch(
      /^event: next\ndata: \{"data":\{"setLatest":7\},"extensions":\{"cost":\{[^}]*\}\}\}\n\nevent: complete/,
    );
    expect((await get(warehouse.url, { query })).status).toBe(405);
  });
});

test('a token that does not verify is refused with 401 before anything else', async () => {
  const query = 'subscription { itemSold { note } }';
  const stream = await post(warehouse.url, acceptSse, { query }, { authorization: 'Bearer nonsense' });
  expect(stream.status).toBe(401);
  expect(await stream.whole()).toContain('UNAUTHENTICATED');
});
