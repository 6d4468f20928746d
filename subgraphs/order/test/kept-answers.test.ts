import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cacheControlOf } from '#shared/testing/cache-control-of.ts';
import { startOrder, type OrderFixture } from './order-fixture.ts';

let order: OrderFixture;
beforeAll(async () => {
  order = await startOrder();
  await order.stocked('BAR-1', 5);
});
afterAll(() => order.stop());

const kept = 'max-age=60, public';
const inProduct = (selection: string) => `{ product(sku: "BAR-1") { ${selection} } }`;
const list = (selection: string, where = '') => `{ products(first: 10 ${where}) { ${selection} } }`;
const page = 'nodes { sku name fineWeight { grams } } pageInfo { hasNextPage } totalCount';
const referred = (type: string, key: string, selection: string) =>
  `{ _entities(representations: [{ __typename: "${type}", ${key} }]) { ... on ${type} { ${selection} } } }`;

test.each([
  [
    'what the catalogue says of a product',
    inProduct('name description fineWeight { grams } instrument { symbol }'),
    kept,
  ],
  ['a page of the shop window', list(page), kept],
  ['a product that another service refers to', referred('Product', 'sku: "BAR-1"', 'name mint'), kept],
  [
    'the products of an instrument',
    referred('Instrument', 'symbol: "XAU-USD", metal: "XAU"', `products(first: 5) { ${page} }`),
    kept,
  ],
])('%s may be kept for a minute', async (_what, query, expected) => {
  expect(await cacheControlOf(order.url, query)).toBe(expected);
});

test.each([
  ['how many pieces there are', inProduct('name stock { available }')],
  [
    'how many pieces there are of what another service refers to',
    referred('Product', 'sku: "BAR-1"', 'stock { available }'),
  ],
  ['which products are in stock', list(page, 'where: { inStock: true }')],
  ['which products are not in stock', list(page, 'where: { inStock: false }')],
])('%s is never kept', async (_what, query) => {
  expect(await cacheControlOf(order.url, query)).toBe('no-store');
});
