import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createCorsPolicy } from './cors-policy.ts';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function serve(policy: { origins: string[]; allowLocalhost?: boolean }) {
  const { apply } = createCorsPolicy({ allowLocalhost: false, ...policy });
  server = createServer((request, response) => {
    if (!apply(request, response)) response.end('answered');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ask: (headers: Record<string, string>) => fetch(url, { headers }),
    preflight: (origin: string) =>
      fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      }),
  };
}

const shop = 'https://shop.example';
const allowed = (response: Response) => response.headers.get('access-control-allow-origin');

describe('a page of an origin that was named', () => {
  test('may ask, and read what is said about its limits and the age of its answer', async () => {
    const { ask } = await serve({ origins: ['https://other.example', shop] });
    const response = await ask({ origin: shop });
    expect(await response.text()).toBe('answered');
    expect(allowed(response)).toBe(shop);
    expect(response.headers.get('vary')).toBe('origin');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('access-control-expose-headers')?.split(',')).toEqual(
      expect.arrayContaining(['x-correlation-id', 'ratelimit', 'ratelimit-policy', 'retry-after', 'age', 'etag']),
    );
  });

  test('is told before what it may send', async () => {
    const { preflight } = await serve({ origins: [shop] });
    const response = await preflight(shop);
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-allow-methods': 'GET,POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '600',
      vary: 'origin,access-control-request-headers',
    });
  });
});

describe('a page of another origin', () => {
  test.each([
    'https://shop.example.evil.example',
    'http://shop.example',
    'https://shop.example:8443',
    'null',
    'http://localhost:3000',
    'https://studio.apollographql.com',
  ])('such as %s may not', async (origin) => {
    const { ask, preflight } = await serve({ origins: [shop] });
    const [answer, before] = [await ask({ origin }), await preflight(origin)];
    expect([allowed(answer), allowed(before)]).toEqual([null, null]);
    expect(before.status).toBe(204);
    expect(before.headers.get('access-control-allow-headers')).toBeNull();
    // Or a cache would show what this page got to the one that may.
    expect(answer.headers.get('vary')).toBe('origin');
  });
});

test('an answer to nobody in particular is not kept for a page that may ask', async () => {
  const { ask } = await serve({ origins: [shop] });
  const response = await ask({});
  expect([allowed(response), response.headers.get('vary')]).toEqual([null, 'origin']);
});

test('where all may ask, one answer is for all', async () => {
  const { ask, preflight } = await serve({ origins: ['*'] });
  for (const response of [await ask({ origin: shop }), await ask({})])
    expect([allowed(response), response.headers.get('vary')]).toEqual(['*', null]);
  expect(allowed(await preflight(shop))).toBe('*');
});

test.each(['http://localhost:5173', 'https://127.0.0.1', 'http://[::1]:80', 'https://studio.apollographql.com'])(
  'developers may ask from %s',
  async (origin) => {
    const { ask } = await serve({ origins: [], allowLocalhost: true });
    expect(allowed(await ask({ origin }))).toBe(origin);
    expect(allowed(await ask({ origin: `${origin}.evil.example` }))).toBeNull();
  },
);
