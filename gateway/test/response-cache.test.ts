import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createTestRedis, type TestRedis } from '#shared/testing/test-redis.ts';
import { hashOf, writeManifest, type ManifestOperation } from '../security/trusted-documents/manifest.ts';
import { startCatalogue, type Catalogue } from './catalogue-graph.ts';
import { startCuttableNetwork, type CuttableNetwork } from './cuttable-network.ts';
import { sendRaw } from './raw-request.ts';
import type { WarehouseGateway } from './warehouse-graph.ts';

let redis: TestRedis;
let network: CuttableNetwork;
let catalogue: Catalogue;
let settings: Record<string, string>;
/** A gateway that shares Redis with the first one. */
let other: WarehouseGateway;
beforeAll(async () => {
  redis = createTestRedis();
  network = await startCuttableNetwork(redis.url);
  settings = { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix, CACHE_REDIS_TIMEOUT_MS: '2000' };
  catalogue = await startCatalogue({ ...settings, SUPERGRAPH_POLL_MS: '20' });
  other = await catalogue.startGateway();
});
beforeEach(() => void catalogue.asked.splice(0));
afterAll(async () => {
  await catalogue?.close();
  await network?.close();
  await redis?.close();
});

type Answer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  data: unknown;
  errors: unknown[] | undefined;
  text: string;
};

async function ask(
  { url }: { url: string },
  query: string,
  { method = 'POST', headers = {} }: { method?: 'GET' | 'POST'; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const search = new URLSearchParams({ query }).toString();
  const { body, ...answer } = await sendRaw(
    url,
    method === 'GET'
      ? { method, target: `/graphql?${search}`, headers: { 'apollo-require-preflight': 'true', ...headers } }
      : { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ query }) },
  );
  const { data, errors } = (body === '' ? {} : JSON.parse(body)) as Pick<Answer, 'data' | 'errors'>;
  return { ...answer, data, errors, text: body };
}
const get = { method: 'GET' } as const;
/** A text that nobody has sent before. */
const fresh = () => `{ book(id: "1") { id title left } } # ${randomUUID()}`;
const book = { book: { id: '1', title: 'Gold', left: 10 } };
const inRedis = () => redis.redis.keys(`${redis.prefix}:cache:*`);

describe('an answer that is the same for everybody', () => {
  test('is executed once, and then given to everybody while it is fresh', async () => {
    const query = fresh();
    expect((await ask(catalogue, query)).data).toEqual(book);
    catalogue.asked.splice(0);
    const authorization = `Bearer ${catalogue.keys.sign()}`;
    for (const options of [{}, get, { headers: { authorization } }, { ...get, headers: { authorization } }])
      expect((await ask(catalogue, query, options)).data).toEqual(book);
    expect(catalogue.asked).toEqual([]);
  });

  test('is executed once for many who ask at the same time', async () => {
    const query = '{ shelf(first: 3) { id title } }';
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(catalogue, query)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(catalogue.asked.filter((field) => field === 'title')).toHaveLength(3);
  });

  test('says for how long it may be kept, and grows older', async () => {
    const query = fresh();
    await ask(catalogue, query);
    let age = 0;
    await eventually(async () => {
      const { headers } = await ask(catalogue, query, get);
      expect(headers['cache-control']).toMatch(/^public, max-age=(60|5\d)$/);
      age = Number(headers.age ?? 0);
      expect(age).toBeGreaterThanOrEqual(1);
    });
    await eventually(async () => {
      expect(Number((await ask(catalogue, query, get)).headers.age)).toBeGreaterThan(age);
    });
  });

  test('is executed anew when its time is over', async () => {
    const query = '{ short }';
    const { headers } = await ask(catalogue, query);
    // Less the time that it took.
    expect(headers['cache-control']).toMatch(/^public, max-age=[12]$/);
    await ask(catalogue, query);
    expect(catalogue.asked).toEqual(['short']);
    // Two seconds later.
    await eventually(async () => {
      await ask(catalogue, query);
      expect(catalogue.asked).toEqual(['short', 'short']);
    });
  });

  test('is kept for each set of variables by itself', async () => {
    for (const id of ['1', '2', '1', '2']) {
      const { body } = await sendRaw(catalogue.url, {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: 'query ByVariable($id: ID!) { book(id: $id) { id pages } }', variables: { id } }),
      });
      expect(JSON.parse(body)).toMatchObject({ data: { book: { id, pages: 7 } } });
    }
    expect(catalogue.asked).toEqual(['book 1', 'book 2']);
  });

  test('carries what is true of one client on no way', async () => {
    const query = fresh();
    for (const options of [{}, get, get]) {
      const { headers } = await ask(catalogue, query, options);
      expect(headers['cache-control']).toMatch(/^public/);
      expect(Object.keys(headers).filter((name) => name.startsWith('ratelimit'))).toEqual([]);
    }
    expect((await ask(catalogue, '{ told }')).headers).toHaveProperty('ratelimit');
  });
});

describe('a GET', () => {
  test('has an entity tag, by which a client is told that it has the answer already', async () => {
    const query = fresh();
    const first = await ask(catalogue, query, get);
    expect(first.headers).toMatchObject({ etag: expect.stringMatching(/^W\/"/), vary: expect.any(String) });
    const { etag } = first.headers as { etag: string };
    for (const gateway of [catalogue, other])
      for (const tag of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
        const { status, headers, text } = await ask(gateway, query, { ...get, headers: { 'if-none-match': tag } });
        expect([status, text, headers.etag, headers['content-length']]).toEqual([304, '', etag, undefined]);
        expect(headers['cache-control']).toMatch(/^public/);
        expect(headers.vary).toBe(first.headers.vary);
      }
    const changed = await ask(catalogue, query, { ...get, headers: { 'if-none-match': 'W/"other"' } });
    expect([changed.status, changed.data]).toEqual([200, book]);
    const asNew = await ask(catalogue, query, {
      ...get,
      headers: { 'if-none-match': etag, 'cache-control': 'no-cache' },
    });
    expect(asNew.status).toBe(200);
  });

  test('names every header that decides about it, so that a CDN keeps each', async () => {
    const { headers } = await ask(catalogue, fresh(), get);
    const names = String(headers.vary).toLowerCase().split(/, */);
    expect(names).toEqual(expect.arrayContaining(['accept', 'accept-encoding', 'origin']));
  });

  test('has neither where the answer is not kept', async () => {
    const { headers } = await ask(catalogue, '{ visits }', get);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers).not.toHaveProperty('etag');
    expect(headers).not.toHaveProperty('age');
  });
});

test('a POST says for how long it may be kept, and is always answered in full', async () => {
  const query = fresh();
  await ask(catalogue, query);
  const { etag } = (await ask(catalogue, query, get)).headers as { etag: string };
  const { status, headers, data } = await ask(catalogue, query, { headers: { 'if-none-match': etag } });
  expect([status, data]).toEqual([200, book]);
  expect(headers['cache-control']).toMatch(/^public, max-age=\d+$/);
  expect(headers).not.toHaveProperty('etag');
});

test('REST clients are told the same of an answer that is kept, and nothing of one client with it', async () => {
  const trusted = (name: string, fields: string): ManifestOperation => {
    const body = `query ${name} { ${fields} }`;
    return { id: hashOf(body), type: 'query', name, body };
  };
  const folder = await mkdtemp(join(tmpdir(), 'gold-trusted-'));
  const file = join(folder, 'trusted-documents.json');
  await writeFile(file, writeManifest([trusted('Kept', 'book(id: "1") { id title }'), trusted('Told', 'told')]));
  const gateway = await catalogue.startGateway({ TRUSTED_DOCUMENTS_FILE: file });
  const rest = (name: string, headers = {}) =>
    sendRaw(gateway.url, { method: 'GET', target: `/rest/${name}`, headers });
  await rest('Kept');
  const { status, headers, body } = await rest('Kept');
  expect([status, JSON.parse(body)]).toEqual([200, { book: { id: '1', title: 'Gold' } }]);
  expect(headers).toMatchObject({
    'cache-control': expect.stringMatching(/^public, max-age=/),
    etag: expect.stringMatching(/^W/),
  });
  const again = await rest('Kept', { 'if-none-match': String(headers.etag) });
  expect([again.status, again.body]).toEqual([304, '']);
  for (const answer of [headers, again.headers])
    expect(Object.keys(answer).filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  expect((await rest('Told')).headers).toMatchObject({ 'cache-control': 'no-store', ratelimit: expect.any(String) });
  await gateway.stop();
  await rm(folder, { recursive: true });
});

describe('is never kept', () => {
  test.each([
    ['what is personal', '{ greeting book(id: "1") { id } }'],
    ['what is personal deep inside', '{ book(id: "1") { id mine } }'],
    ['what is protected', '{ me { id } book(id: "1") { id } }'],
    ['what lives for no time', '{ book(id: "1") { id live } }'],
    ['what nobody has said anything of', '{ told }'],
    ['what has errors', '{ broken book(id: "1") { id } }'],
    ['what has errors of the other subgraph', '{ book(id: "1") { id lost } }'],
    ['what a mutation says', 'mutation { rename(id: "1", title: "Gold") { id title } }'],
  ])('%s', async (_what, query) => {
    await redis.flush();
    const authorization = `Bearer ${catalogue.keys.sign()}`;
    const kept = () => catalogue.metric('gold_gateway_cache_kept_total', 'cache="response"');
    const before = await kept();
    const callers: Record<string, string>[] = [{}, { authorization }];
    for (const headers of callers)
      for (const method of ['POST', 'GET'] as const) {
        const answer = await ask(catalogue, query, { method, headers });
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.headers).not.toHaveProperty('etag');
      }
    expect(await kept()).toBe(before);
    expect(JSON.stringify(await Promise.all((await inRedis()).map((key) => redis.redis.get(key))))).not.toContain(
      'user-1',
    );
  });

  test('what is personal: everybody is told their own', async () => {
    const query = '{ greeting book(id: "1") { mine } }';
    const told = async (sub?: string) => {
      const headers: Record<string, string> = {};
      if (sub) headers.authorization = `Bearer ${catalogue.keys.sign({ sub, sid: sub })}`;
      return (await ask(catalogue, query, { ...get, headers })).data;
    };
    for (let time = 0; time < 2; time += 1) {
      expect(await told('ada')).toEqual({ greeting: 'Hello ada', book: { mine: 'ada' } });
      expect(await told('boris')).toEqual({ greeting: 'Hello boris', book: { mine: 'boris' } });
      expect(await told()).toEqual({ greeting: 'Hello', book: { mine: null } });
    }
  });
});

describe('with Redis', () => {
  test('another gateway gives what one has kept, as old as it is', async () => {
    const query = fresh();
    await ask(catalogue, query);
    await eventually(async () => expect(await inRedis()).not.toEqual([]));
    await eventually(async () =>
      expect(Number((await ask(catalogue, query, get)).headers.age)).toBeGreaterThanOrEqual(1),
    );
    catalogue.asked.splice(0);
    await eventually(async () => {
      const { data, headers } = await ask(other, query, get);
      expect([data, catalogue.asked]).toEqual([book, []]);
      // A second old when it is asked for the first time, or shortly before.
      expect(Number(headers.age)).toBeGreaterThanOrEqual(1);
    }, 500);
  });

  test('emptied in the midst answers are right, and what is not kept here is asked for anew', async () => {
    const query = fresh();
    await ask(catalogue, query);
    await eventually(async () => expect(await inRedis()).not.toEqual([]));
    const asking = Array.from({ length: 40 }, async (_, index) => {
      if (index === 20) await redis.flush();
      return ask(index % 2 === 0 ? other : catalogue, index % 3 === 0 ? query : `${fresh()} ${index}`);
    });
    for (const { data } of await Promise.all(asking)) expect(data).toEqual(book);
    await redis.flush();
    catalogue.asked.splice(0);
    const [{ data }] = [await ask(await catalogue.startGateway(), query)];
    expect([data, catalogue.asked]).toEqual([book, ['book 1', 'title', 'stock 1']]);
  });

  test('cut off in the midst answers are right, and in time; back again they are shared again', async () => {
    const through = await catalogue.startGateway({ REDIS_URL: network.url.replace('http', 'redis') });
    const expectShared = async () => {
      await redis.flush();
      const query = fresh();
      await ask(catalogue, query);
      await eventually(async () => expect(await inRedis()).not.toEqual([]));
      catalogue.asked.splice(0);
      expect((await ask(through, query)).data).toEqual(book);
      expect(catalogue.asked).toEqual([]);
    };
    await eventually(expectShared);
    const asking = Array.from({ length: 40 }, async (_, index) => {
      if (index === 10) network.cut();
      return ask(through, `${fresh()} ${index}`);
    });
    for (const { status, data, errors } of await Promise.all(asking))
      expect([status, data, errors]).toEqual([200, book, undefined]);
    const start = performance.now();
    const query = fresh();
    for (let time = 0; time < 5; time += 1) expect((await ask(through, query)).data).toEqual(book);
    expect(performance.now() - start).toBeLessThan(5_000);
    network.restore();
    await eventually(expectShared);
    await through.stop();
  });
});

describe('of entities', () => {
  test('a subgraph is asked only for those that are missing', async () => {
    const query = (ids: string, name: string) => `query ${name} { books(ids: ${ids}) { id left shelf } }`;
    expect((await ask(catalogue, query('["3", "4"]', 'One'))).errors).toBeUndefined();
    expect(catalogue.asked.filter((each) => each.startsWith('stock'))).toEqual(['stock 3', 'stock 4']);
    catalogue.asked.splice(0);
    const { data, headers } = await ask(catalogue, query('["4", "5", "3", "5"]', 'Other'), get);
    expect(catalogue.asked).toEqual(['books 4,5,3,5', 'stock 5']);
    expect(data).toEqual({
      books: ['4', '5', '3', '5'].map((id) => ({ id, left: Number(id) * 10, shelf: `shelf ${id}` })),
    });
    expect(headers['cache-control']).toMatch(/^public, max-age=(60|5\d)$/);
  });

  test('one that is not there is asked for each time, because it may come any moment', async () => {
    for (const name of ['One', 'Other']) {
      const { data, errors } = await ask(catalogue, `query ${name} { books(ids: ["6", "none"]) { id left } }`);
      const expected = {
        books: [
          { id: '6', left: 60 },
          { id: 'none', left: null },
        ],
      };
      expect([data, errors]).toEqual([expected, undefined]);
    }
    expect(catalogue.asked.filter((each) => each.startsWith('stock'))).toEqual(['stock 6', 'stock none', 'stock none']);
  });
});

test('a new supergraph gives nothing that was kept under the old one', async () => {
  const query = '{ book(id: "1") { title kind } } # kept';
  expect((await ask(catalogue, query)).data).toEqual({ book: { title: 'Gold', kind: 'PAPER' } });
  catalogue.rename('1', 'Silver');
  expect((await ask(catalogue, query)).data).toEqual({ book: { title: 'Gold', kind: 'PAPER' } });
  await catalogue.changeSchema(({ books, stock }) => ({ books: books.replace('pages: Int', ''), stock }));
  await eventually(async () => expect((await ask(catalogue, '{ book(id: "1") { pages } }')).status).toBe(400));
  expect((await ask(catalogue, query)).data).toEqual({ book: { title: 'Silver', kind: 'PAPER' } });
});
