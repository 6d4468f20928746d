import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import type { TickWriter } from '#shared/ticks/tick-writer.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';

const instruments = `query Instruments {
  instruments {
    symbol
    name
    metal
    currency
    marketStatus { state nextChangeAt }
    price { sequence bid ask mid spreadBps time ageMs isStale quality }
  }
}`;
const goldNow = `query GoldNow($symbol: ID!, $unit: WeightUnit!, $fineness: Decimal) {
  instrument(symbol: $symbol) {
    symbol
    price {
      sequence
      bid
      ask
      mid
      time
      sources { name bid ask time }
      inUnit: convert(unit: $unit, fineness: $fineness) { bid ask mid unit fineness currency }
    }
    change(window: DAY) { amount percent since }
  }
}`;
const symbol = 'XAU-USD';

let bed: MarketDataBed;
let writer: TickWriter;
let client: GraphqlClient;
beforeAll(async () => {
  bed = await createMarketDataBed();
  writer = await bed.openWriter();
  ({ client } = await bed.startServer());
});
afterAll(() => bed.close());

/** Publishes ticks whose bid is their sequence. */
const publish = (count: number) => {
  const last = writer.lastSequence(symbol);
  const ticks = Array.from({ length: count }, (_tick, index) =>
    aTick({ bid: `${last + index + 1}`, ask: `${last + index + 1}.02`, receivedAt: Date.now() }),
  );
  return writer.publish(ticks);
};
describe('prices', () => {
  test('an instrument has no price before the first one has come', async () => {
    const { data } = await client.request(instruments);
    expect((data as unknown as { instruments: object[] }).instruments[0]).toMatchObject({ symbol, price: null });
  });

  test('a request for a certain tick is answered at that tick, also one that is about to arrive', async () => {
    const query = '{ instrument(symbol: "XAU-USD") { price { sequence } } }';
    await publish(5);
    const last = writer.lastSequence(symbol);
    const at = (sequence: number) => client.request(query, {}, { 'x-tick': `${symbol}@${sequence}` });
    expect((await at(last - 3)).data).toEqual({ instrument: { price: { sequence: String(last - 3) } } });
    const [coming] = await Promise.all([at(last + 1), publish(1)]);
    expect(coming.data).toEqual({ instrument: { price: { sequence: String(last + 1) } } });
    const missing = await at(last + 1_000);
    expect(missing.data).toEqual({ instrument: { price: null } });
    expect(missing.errors![0]!.extensions).toMatchObject({ code: 'TICK_UNAVAILABLE', retryable: true });
  });

  test('an entity reference is answered, and null for an instrument that is not there', async () => {
    const { data } = await client.request(
      'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Instrument { name } } }',
      { of: ['XAU-EUR', 'XPT-USD'].map((each) => ({ __typename: 'Instrument', symbol: each })) },
    );
    expect(data).toEqual({ _entities: [{ name: 'Gold in euros' }, null] });
  });

  test('GoldNow prices an 18 karat gram in one request', async () => {
    const [tick] = await writer.publish([aTick({ bid: '5019.315', ask: '5019.925', receivedAt: Date.now() })]);
    await client.request(instruments, {}, { 'x-tick': `${symbol}@${tick!.sequence}` });
    const { data, errors } = await client.request(goldNow, { symbol, unit: 'GRAM', fineness: '750' });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      instrument: {
        symbol,
        price: {
          bid: '5019.315',
          mid: '5019.62',
          sources: [{ name: 'test', bid: '5019.315' }],
          inUnit: { bid: '121.03104338', unit: 'GRAM', fineness: '750', currency: 'USD' },
        },
        change: null,
      },
    });
    const refused = await client.request(goldNow, { symbol, unit: 'GRAM', fineness: '1001' });
    expect(refused.errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('Instruments lists gold and silver in every currency with their prices, an old one as stale', async () => {
    await writer.publish([aTick({ receivedAt: Date.now() - 15_500 })]);
    const { data } = await client.request(instruments, {}, { 'x-tick': `${symbol}@${writer.lastSequence(symbol)}` });
    const listed = (data as unknown as { instruments: { symbol: string }[] }).instruments;
    expect(listed.map((each) => each.symbol)).toEqual(
      ['XAU', 'XAG'].flatMap((metal) =>
        ['USD', 'EUR', 'GBP', 'TRY', 'AED', 'IRR'].map((currency) => `${metal}-${currency}`),
      ),
    );
    expect(listed[0]).toMatchObject({
      name: 'Gold in US dollars',
      metal: 'XAU',
      currency: 'USD',
      marketStatus: { state: 'HALTED', nextChangeAt: null },
      price: { bid: '4084.00', mid: '4084.3', spreadBps: '1.469', isStale: true, quality: 'STALE' },
    });
  });
});
