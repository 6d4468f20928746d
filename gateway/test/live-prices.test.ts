import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decimal, sum } from '#shared/decimal.ts';
import {
  CandlesDocument,
  CatalogueDocument,
  GoldNowDocument,
  InstrumentsDocument,
  LiveCandleDocument,
  LivePriceDocument,
  LivePriceWithProductsDocument,
  LiveProductPriceDocument,
  MarketStatusDocument,
  PriceAtDocument,
  ProductPriceDocument,
  ResumedPriceDocument,
} from '../generated/operations.ts';
import { startGoldSystem } from './gold-system.ts';

let system: Awaited<ReturnType<typeof startGoldSystem>>;
beforeAll(async () => {
  system = await startGoldSystem();
});
afterAll(() => system.close());

const dense = (sequences: number[]) => sequences.map((_, index) => sequences[0]! + index);

describe('the live price, through the gateway', () => {
  test('comes at once and then with every tick, numbered without a gap', async () => {
    const events = system.client.subscribe(LivePriceDocument, { symbol: 'XAU-USD' });
    const prices = (await events.take(10)).map(({ data }) => data!.priceUpdated);
    const sequences = prices.map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual(dense(sequences));
    for (const { bid, ask, mid } of prices) {
      expect(decimal(bid).lt(ask)).toBe(true);
      expect(decimal(bid).plus(ask).div(2).equals(mid)).toBe(true);
    }
    await events.return();
  });

  test('is joined with products that are priced at the very tick of the event', async () => {
    const query = `subscription { priceUpdated(symbol: "XAU-USD") { sequence ask instrument { price { sequence }
      products(first: 5) { nodes { sku name stock { available } price(side: BUY, quantity: 1) { sequence asOf total { amount } lines { stage amount { amount } } } } } } } }`;
    type Line = { stage: string; amount: { amount: string } };
    type Product = {
      sku: string;
      stock: { available: number };
      price: { sequence: string; total: { amount: string }; lines: Line[] };
    };
    type Event = {
      priceUpdated: { sequence: string; instrument: { price: { sequence: string }; products: { nodes: Product[] } } };
    };
    const events = system.client.subscribe<Event>(query);
    for (const { data, errors } of await events.take(15)) {
      expect(errors).toBeUndefined();
      const { sequence, instrument } = data!.priceUpdated;
      expect(instrument.price.sequence).toBe(sequence);
      expect(instrument.products.nodes).toHaveLength(5);
      for (const { price, stock } of instrument.products.nodes) {
        expect(price.sequence).toBe(sequence);
        expect(stock.available).toBeGreaterThan(0);
        expect(sum(price.lines.map(({ amount }) => decimal(amount.amount))).toFixed(2)).toBe(price.total.amount);
      }
    }
    await events.return();
  });

  test('is resumed without a gap or a repeat', async () => {
    const events = system.client.subscribe(LivePriceDocument, { symbol: 'XAU-USD' });
    const seen = (await events.take(3)).map(({ data }) => Number(data!.priceUpdated.sequence));
    await events.return();
    const later = system.client.subscribe(LivePriceDocument, { symbol: 'XAU-USD' });
    await later.take(10);
    await later.return();
    const resumed = system.client.subscribe(ResumedPriceDocument, { symbol: 'XAU-USD', after: String(seen.at(-1)) });
    const rest = (await resumed.take(15)).map(({ data }) => Number(data!.priceUpdated.sequence));
    expect([...seen, ...rest]).toEqual(dense([...seen, ...rest]));
    await resumed.return();
  });

  test('with a value that its subgraph refuses is answered alone, and everybody else goes on sharing', async () => {
    const events = system.client.subscribe(LivePriceDocument, { symbol: 'XAU-USD' });
    await events.next();
    const fields = 'convert(unit: GRAM, fineness: "much") { bid }';
    const refused = system.client.subscribe(`subscription { priceUpdated(symbol: "XAU-USD") { ${fields} } }`);
    await expect(refused.next()).rejects.toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    const other = system.client.subscribe('subscription { priceUpdated(symbol: "XAU-USD") { spreadBps } }');
    await other.next();
    await events.next();
    const metrics = await (await fetch(system.url.replace('/graphql', '/metrics'))).text();
    expect(metrics).toMatch(/^gold_gateway_upstreams\{[^}]*\} 1$/m);
    await Promise.all([events.return(), other.return()]);
  });

  test('of a product follows the market and is joined with its name and stock', async () => {
    const events = system.client.subscribe(LiveProductPriceDocument, { sku: 'BAR-1OZ', side: 'SELL', quantity: 2 });
    const prices = (await events.take(5)).map(({ data }) => data!.productPriceUpdated);
    const sequences = prices.map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual(dense(sequences));
    expect(prices[0]!.product).toEqual({
      sku: 'BAR-1OZ',
      name: 'Gold bar 1 oz',
      stock: { available: expect.any(Number) },
    });
    await events.return();
  });
});

describe('the market, through the gateway', () => {
  test('shows the candle under way at once and as it grows', async () => {
    const events = system.client.subscribe(LiveCandleDocument, { symbol: 'XAU-USD', interval: 'DAY_1' });
    const candles = (await events.take(3)).map(({ data }) => data!.candleUpdated);
    const counts = candles.map(({ tickCount }) => tickCount);
    expect(counts).toEqual(counts.toSorted((one, other) => one - other));
    expect(new Set(counts).size).toBe(3);
    for (const { openTime, high, low, close, isClosed } of candles) {
      expect(openTime).toBe(candles[0]!.openTime);
      expect(decimal(low).lte(close) && decimal(close).lte(high)).toBe(true);
      expect(isClosed).toBe(false);
    }
    await events.return();
  });

  test('says whether it is open', async () => {
    const events = system.client.subscribe(MarketStatusDocument, { symbol: 'XAU-EUR' });
    const { data } = await events.next();
    expect(data!.marketStatusChanged).toEqual({ state: 'OPEN', reason: null, nextChangeAt: null });
    await events.return();
  });

  test('knows the price of each moment', async () => {
    const events = system.client.subscribe(LivePriceDocument, { symbol: 'XAU-USD' });
    const [price, next] = (await events.take(2)).map(({ data }) => data!.priceUpdated);
    await events.return();
    const ask = (at: string) => system.client.request(PriceAtDocument, { symbol: 'XAU-USD', at });
    const justBefore = new Date(Date.parse(next!.time) - 1).toISOString();
    const { sequence, bid, ask: asked, mid, time } = price!;
    expect((await ask(justBefore)).data!.instrument!.priceAt).toEqual({ sequence, bid, ask: asked, mid, time });
    expect((await ask('1990-01-01T00:00:00Z')).data!.instrument!.priceAt).toBeNull();
    const future = await ask(new Date(Date.now() + 60_000).toISOString());
    expect(future.errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('what clients ask for', () => {
  test('Instruments lists the metals in all their currencies, each with a live price', async () => {
    const { data, errors } = await system.client.request(InstrumentsDocument);
    expect(errors).toBeUndefined();
    const symbols = ['XAU', 'XAG'].flatMap((metal) =>
      ['USD', 'EUR', 'GBP', 'TRY', 'AED', 'IRR'].map((currency) => `${metal}-${currency}`),
    );
    expect(data!.instruments.map(({ symbol }) => symbol)).toEqual(symbols);
    for (const { price } of data!.instruments) expect(price).toMatchObject({ isStale: false, quality: 'DEGRADED' });
  });

  test('GoldNow prices a gram of 18 karat', async () => {
    const { data } = await system.client.request(GoldNowDocument, { symbol: 'XAU-USD', unit: 'GRAM', fineness: '750' });
    const { ask, inUnit } = data!.instrument!.price!;
    expect(inUnit.ask).toBe(decimal(ask).times('0.75').div('31.1034768').toDecimalPlaces(8).toFixed());
  });

  test('Candles answers every interval', async () => {
    const { data, errors } = await system.client.request(CandlesDocument, {
      symbol: 'XAU-USD',
      interval: 'HOUR_4',
      first: 10,
    });
    expect(errors).toBeUndefined();
    expect(data!.instrument!.candles.pageInfo).toBeDefined();
  });

  test('Catalogue pages through the shop window with prices', async () => {
    const skus: string[] = [];
    let after: string | null | undefined;
    do {
      const { data, errors } = await system.client.request(CatalogueDocument, {
        first: 20,
        after,
        where: { metal: 'XAU' },
      });
      expect(errors).toBeUndefined();
      for (const { sku, price } of data!.products.nodes) {
        expect(decimal(price!.total.amount).gt(0)).toBe(true);
        skus.push(sku);
      }
      after = data!.products.pageInfo.hasNextPage ? data!.products.pageInfo.endCursor : undefined;
    } while (after);
    expect(new Set(skus).size).toBe(skus.length);
    expect(skus.length).toBeGreaterThan(35);
  });

  test('ProductPrice explains a price in another currency, line by line', async () => {
    const { data } = await system.client.request(ProductPriceDocument, {
      sku: 'BAR-100G',
      side: 'BUY',
      quantity: 3,
      currency: 'EUR',
    });
    const { total, lines } = data!.product!.price!;
    expect(total.currency).toBe('EUR');
    expect(sum(lines.map(({ amount }) => decimal(amount.amount))).toFixed(2)).toBe(total.amount);
  });
});

test('a price event goes on without product prices while pricing is down', async () => {
  const events = system.client.subscribe(LivePriceWithProductsDocument, { symbol: 'XAU-USD' });
  await events.next();
  await system.stop('pricing');
  await events.take(3);
  const { data, errors } = await events.next();
  const { mid, instrument } = data!.priceUpdated;
  expect(decimal(mid).gt(0)).toBe(true);
  expect(instrument.products!.nodes.map(({ name, price }) => [typeof name, price])).toEqual(
    Array(5).fill(['string', null]),
  );
  expect(errors).toEqual([
    {
      message: expect.any(String),
      path: ['priceUpdated', 'instrument', 'products', 'nodes'],
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true },
    },
  ]);
  await events.return();
});
