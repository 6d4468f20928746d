import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymous } from '#shared/caller.ts';
import { createCatalogueService } from '../catalogue-service.ts';
import { createLoaders } from '../context.ts';
import { createOrderReadingService } from '../order-reading-service.ts';
import { createWalletService } from '../wallet-service.ts';
import { aProduct, startOrder, type OrderFixture } from './order-fixture.ts';

const document = /* GraphQL */ `
  query ($of: [_Any!]!) {
    _entities(representations: $of) {
      ... on Product {
        sku
        name
        stock {
          available
        }
      }
      ... on Instrument {
        symbol
        products(first: 2) {
          nodes {
            sku
            stock {
              available
            }
          }
          totalCount
        }
      }
    }
  }
`;

let order: OrderFixture;

beforeAll(async () => {
  order = await startOrder();
  for (let index = 0; index < 20; index++) {
    const product = aProduct({ sku: `BAR-${index}`, metal: index < 15 ? 'XAU' : 'XAG', listPosition: index });
    const firstStock = { onHand: index, safetyStock: 0 };
    await order.catalogue.changeProduct(product, { now: new Date(), firstStock });
  }
  await order.catalogue.changeProduct(aProduct({ sku: 'HIDDEN', isListed: false }), { now: new Date() });
});
afterAll(() => order.stop());

async function entities(of: Record<string, string>[]) {
  const { data, errors } = await order.client.request<{ _entities: unknown[] }>(document, { of });
  expect(errors).toBeUndefined();
  return data?._entities;
}

describe('a reference from another subgraph', () => {
  it('gives the products in the order asked for, null for what is not listed', async () => {
    const skus = ['BAR-7', 'NOTHING', 'BAR-3', 'HIDDEN', 'BAR-7'];
    const found = await entities(skus.map((sku) => ({ __typename: 'Product', sku })));
    expect(found).toMatchObject([
      { sku: 'BAR-7', stock: { available: 7 } },
      null,
      { sku: 'BAR-3', stock: { available: 3 } },
      null,
      { sku: 'BAR-7' },
    ]);
  });

  it('to an instrument gives the products of its metal in the order of the shop', async () => {
    const found = await entities([
      { __typename: 'Instrument', symbol: 'XAU-EUR', metal: 'XAU' },
      { __typename: 'Instrument', symbol: 'XAG-USD', metal: 'XAG' },
    ]);
    expect(found).toMatchObject([
      { symbol: 'XAU-EUR', products: { nodes: [{ sku: 'BAR-0' }, { sku: 'BAR-1' }], totalCount: 15 } },
      { symbol: 'XAG-USD', products: { nodes: [{ sku: 'BAR-15' }, { sku: 'BAR-16' }], totalCount: 5 } },
    ]);
  });

  it('costs one statement for the products and one for their stock, however many they are', async () => {
    const statements: string[] = [];
    const database = {
      $queryRawUnsafe<T>(sql: string, ...values: unknown[]) {
        statements.push(sql);
        return order.database.$queryRawUnsafe<T>(sql, ...values);
      },
      $executeRawUnsafe: order.database.$executeRawUnsafe.bind(order.database),
      $transaction: order.database.$transaction.bind(order.database),
    };
    const request = { caller: anonymous, correlationId: 'test', userAgent: undefined, tick: undefined };
    const { products, stock } = createLoaders(request, {
      catalogue: createCatalogueService({ database }),
      reading: createOrderReadingService({ database, now: Date.now }),
      wallets: createWalletService({ database, now: Date.now }),
    });
    const skus = Array.from({ length: 20 }, (_, index) => `BAR-${index}`);
    await Promise.all(skus.flatMap((sku) => [products.load(sku), stock.load(sku)]));
    expect(statements).toHaveLength(2);
  });
});
