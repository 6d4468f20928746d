import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

/**
 * Audits that this gateway does not pass, on purpose, with the reason; one that it comes to pass must leave this list.
 * - A GET without a header that only a script can set may come from any page (cross-site request forgery): it is refused
 *   with 400 whatever it asks. The audits send such GETs.
 * - A client is told by a 4xx that its request was wrong, whichever content type it takes. The specification recommends
 *   200 where that is application/json, for clients that are older than itself, and leaves 4xx open.
 */
const notPassed: Record<string, 'cross-site' | 'always 4xx'> = {
  '5A70': 'cross-site',
  D6D5: 'cross-site',
  '6A70': 'cross-site',
  '572B': 'always 4xx',
  FDE2: 'always 4xx',
  '7B9B': 'always 4xx',
};

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse();
});
afterAll(() => warehouse.close());

const audits = serverAudits({ url: () => warehouse.url });

test.each(audits.map((audit) => [audit.id, audit.name, audit.fn] as const))(
  'GraphQL over HTTP, audit %s: %s',
  async (id, _name, audit) => {
    const result = await audit();
    expect({ status: result.status, reason: 'reason' in result ? result.reason : undefined }).toEqual(
      id in notPassed
        ? { status: expect.not.stringMatching('^(ok|error)$'), reason: expect.any(String) }
        : { status: 'ok', reason: undefined },
    );
  },
);

test('the same audits as they are with a header that no page can forge: queries by GET are answered', async () => {
  const fetchFn: typeof fetch = (url, init) =>
    fetch(url, { ...init, headers: { ...init?.headers, 'apollo-require-preflight': 'true' } });
  const crossSite = serverAudits({ url: warehouse.url, fetchFn }).filter(({ id }) => notPassed[id] === 'cross-site');
  const results = await Promise.all(crossSite.map(({ fn }) => fn()));
  expect(results.map(({ id, status }) => ({ id, status }))).toEqual(crossSite.map(({ id }) => ({ id, status: 'ok' })));
});

test('every audit that is not passed is still one of them', () => {
  expect(audits.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(notPassed)));
});
