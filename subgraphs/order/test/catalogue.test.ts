import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { encodeCursor } from '#shared/pagination.ts';
import { aProduct, startOrder, type OrderFixture } from './order-fixture.ts';

type Page = {
  nodes: { sku: string; stock: { available: number } }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  totalCount: number;
};

const document = /* GraphQL */ `
  query Catalogue($first: Int!, $after: String, $where: ProductWhere) {
    products(first: $first, after: $after, where: $where) {
      nodes {
        sku
        stock {
          available
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
      totalCount
    }
  }
`;

const now = new Date('2026-11-20T10:00:00Z');
let order: OrderFixture;

beforeAll(async () => {
  order = await startOrder();
  const add = (values: Parameters<typeof aProduct>[0], onHand?: number) =>
    order.catalogue.changeProduct(aProduct(values), {
      now,
      ...(onHand !== undefined && { firstStock: { onHand, safetyStock: 2 } }),
    });
  // Two share a place: then the SKU decides.
  await add({ sku: 'COIN-B', kind: 'COIN', name: 'Britannia 1 oz', mint: 'The Royal Mint', listPosition: 20 }, 10);
  await add({ sku: 'COIN-A', kind: 'COIN', name: 'Ata altın', currency: 'TRY', listPosition: 20 }, 2);
  await add({ sku: 'BAR-1', name: 'Gold bar 1 g', listPosition: 10 }, 5);
  await add({ sku: 'BAR-2', name: 'Gold bar 100% pure_gold', listPosition: 30 });
  await add({ sku: 'SILVER', metal: 'XAG', name: 'Silver bar 1 kg', description: 'Of silver.', listPosition: 40 }, 50);
  await add({ sku: 'HIDDEN', name: 'Hidden bar', isListed: false, listPosition: 1 }, 50);
});
afterAll(() => order.stop());

async function list(variables: { first?: number; after?: string; where?: Record<string, unknown> } = {}) {
  const { data, errors } = await order.client.request<{ products: Page }>(document, { first: 100, ...variables });
  return { page: data?.products, skus: data?.products.nodes.map(({ sku }) => sku), errors };
}

const inOrder = ['BAR-1', 'COIN-A', 'COIN-B', 'BAR-2', 'SILVER'];

describe('the catalogue', () => {
  it('lists what is listed, by place and SKU, with what is available', async () => {
    const { page, skus } = await list();
    expect(skus).toEqual(inOrder);
    expect(page?.nodes.map(({ stock }) => stock.available)).toEqual([3, 0, 8, 0, 48]);
    expect(page?.totalCount).toBe(5);
  });

  it.each([1, 2, 3, 5])('shows every product once when it is paged by %p', async (first) => {
    const seen: string[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 10; pages++) {
      const { page, skus } = await list({ first, after });
      expect(page?.totalCount).toBe(5);
      seen.push(...skus!);
      if (!page?.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor!;
    }
    expect(seen).toEqual(inOrder);
  });

  it('has an empty page without a cursor where nothing fits', async () => {
    const { page } = await list({ where: { search: 'nothing like it' } });
    expect(page).toEqual({ nodes: [], pageInfo: { hasNextPage: false, endCursor: null }, totalCount: 0 });
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    ['kind', { kind: 'COIN' }, ['COIN-A', 'COIN-B']],
    ['metal', { metal: 'XAG' }, ['SILVER']],
    ['what is in stock', { inStock: true }, ['BAR-1', 'COIN-B', 'SILVER']],
    ['what is sold out', { inStock: false }, ['COIN-A', 'BAR-2']],
    ['every word, upper or lower case alike', { search: '  ROYAL brit ' }, ['COIN-B']],
    ['a word with letters of another alphabet', { search: 'ALTIN' }, []],
    ['a word as it is written', { search: 'altın' }, ['COIN-A']],
    ['a per cent sign, which is one', { search: '100%' }, ['BAR-2']],
    ['an underscore, which is one', { search: 'pure_gold' }, ['BAR-2']],
    ['a backslash, which is one', { search: '\\' }, []],
    ['a SKU', { search: 'coin-a' }, ['COIN-A']],
    ['control characters, which part words', { search: 'silver\u0000bar' }, ['SILVER']],
    ['several at once', { kind: 'BAR', metal: 'XAU', search: 'gold', inStock: true }, ['BAR-1']],
    ['nothing', { kind: null, search: '', inStock: null }, inOrder],
  ])('can be searched by %s', async (_what, where, expected) => {
    const { skus, page } = await list({ where });
    expect(skus).toEqual(expected);
    expect(page?.totalCount).toBe(expected.length);
  });

  it.each<[string, Parameters<typeof list>[0]]>([
    ['none at all', { first: 0 }],
    ['less than none', { first: -1 }],
    ['more than 100', { first: 101 }],
    ['what follows no cursor of ours', { after: 'abc' }],
    ['what follows an empty cursor', { after: '' }],
    ['what follows the cursor of another list', { after: encodeCursor(['BAR-1', '10']) }],
    ['what follows a cursor with too little in it', { after: encodeCursor(['10']) }],
    ['what a long text is found in', { where: { search: 'x'.repeat(101) } }],
  ])('refuses to list %s', async (_what, variables) => {
    const { errors } = await list(variables);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('a product', () => {
  const product = /* GraphQL */ `
    query ($sku: ID!) {
      product(sku: $sku) {
        sku
        mint
        fineness
        diameterMm
        grossWeight {
          value
          unit
          grams
        }
        fineWeight {
          value
          unit
          grams
        }
        instrument {
          symbol
        }
        stock {
          available
        }
      }
    }
  `;
  const ask = async (sku: string) => (await order.client.request<{ product: object }>(product, { sku })).data?.product;

  it('weighs what it weighs, in the unit that people know it by and in grams', async () => {
    await order.catalogue.changeProduct(
      aProduct({
        sku: 'COIN-OZ',
        isListed: true,
        currency: 'IRR',
        fineness: decimal('916.6667'),
        grossGrams: decimal('33.93'),
        fineGrams: decimal('31.1034768'),
        displayUnit: 'TROY_OUNCE',
        diameterMm: decimal('32.77'),
        listPosition: 900,
      }),
      { now },
    );
    expect(await ask('COIN-OZ')).toEqual({
      sku: 'COIN-OZ',
      mint: null,
      fineness: '916.6667',
      diameterMm: '32.77',
      grossWeight: { value: '1.0908748', unit: 'TROY_OUNCE', grams: '33.93' },
      fineWeight: { value: '1', unit: 'TROY_OUNCE', grams: '31.1034768' },
      instrument: { symbol: 'XAU-IRR' },
      stock: { available: 0 },
    });
  });

  it.each(['HIDDEN', 'NOTHING', '', 'bar-1', '\u0000'])('that is not listed (%j) is null', async (sku) => {
    expect(await ask(sku)).toBeNull();
  });
});
