import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import type { TickWriter } from '#shared/ticks/tick-writer.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';

type Price = { sequence: string; mid: string; isStale: boolean; instrument: { symbol: string } };
type Event = { priceUpdated: Price };

const livePrice = `subscription LivePrice($symbol: ID!, $minIntervalMs: Int) {
  priceUpdated(symbol: $symbol, minIntervalMs: $minIntervalMs) {
    sequence
    bid
    ask
    mid
    time
    isStale
    instrument { symbol }
  }
}`;
const resumedPrice = `subscription ResumedPrice($symbol: ID!, $after: BigInt!) {
  priceUpdated(symbol: $symbol, after: $after) { sequence mid time }
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
const sequences = (events: { data?: unknown }[]) =>
  events.map(({ data }) => Number((data as Event).priceUpdated.sequence));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_each, index) => from + index);
const refusalOf = async (variables: { symbol: string; after?: string; minIntervalMs?: number }) => {
  const operation = `subscription ($symbol: ID!, $after: BigInt, $minIntervalMs: Int) {
    priceUpdated(symbol: $symbol, after: $after, minIntervalMs: $minIntervalMs) { sequence } }`;
  const events = client.subscribe(operation, variables);
  try {
    const { errors } = await events.next();
    return { message: errors![0]!.message, ...errors![0]!.extensions };
  } catch (error) {
    const [first] = error as { message: string; extensions: Record<string, unknown> }[];
    return { message: first!.message, ...first!.extensions };
  }
};

describe('updates of prices', () => {
  test('a subscriber gets the current price at once and then every sequence', async () => {
    await publish(3);
    const events = client.subscribe<Event>(livePrice, { symbol });
    const first = await events.next();
    await publish(50);
    const rest = await events.take(50);
    expect(sequences([first, ...rest])).toEqual(range(3, 53));
    expect(first.data!.priceUpdated).toMatchObject({ mid: '3.01', isStale: false, instrument: { symbol } });
    expect(first.extensions).toEqual({ tick: { symbol, sequence: 3 } });
    await events.return();
  });

  test('an event says when its price arrived, unless it is told later than that: at the beginning, resumed, or held back', async () => {
    await publish(1);
    const resumption = { symbol, after: String(writer.lastSequence(symbol) - 1) };
    const live = client.subscribe<Event>(livePrice, { symbol });
    const resumed = client.subscribe<Event>(resumedPrice, resumption);
    const rare = client.subscribe<Event>(livePrice, { symbol, minIntervalMs: 10 });
    const firsts = await Promise.all([live.next(), resumed.next(), rare.next()]);
    const before = Date.now();
    await publish(1);
    const seconds = await Promise.all([live.next(), resumed.next(), rare.next()]);
    await Promise.all([live.return(), resumed.return(), rare.return()]);
    const arrivals = [...firsts, ...seconds].map(({ extensions }) => extensions?.at as number | undefined);
    expect(arrivals).toEqual([undefined, undefined, undefined, expect.any(Number), expect.any(Number), undefined]);
    expect(arrivals[3]).toBe(arrivals[4]);
    expect(arrivals[3]).toBeGreaterThanOrEqual(before);
  });

  test('two subscribers get the same', async () => {
    const both = [1, 2].map(() => client.subscribe<Event>(livePrice, { symbol }));
    const snapshots = await Promise.all(both.map((events) => events.next()));
    await publish(20);
    const rests = await Promise.all(both.map((events) => events.take(20)));
    expect(snapshots[0]).toEqual(snapshots[1]);
    expect(rests[0]).toEqual(rests[1]);
    await Promise.all(both.map((events) => events.return()));
  });

  test('a subscriber who was away gets what it missed, without gap or repeat, and then live prices', async () => {
    const last = writer.lastSequence(symbol);
    const events = client.subscribe<Event>(resumedPrice, { symbol, after: String(last - 30) });
    expect(sequences(await events.take(30))).toEqual(range(last - 29, last));
    await publish(2);
    expect(sequences(await events.take(2))).toEqual([last + 1, last + 2]);
    await events.return();
  });

  test('a flushed Redis costs no subscriber a price, neither a live nor a resuming one', async () => {
    const last = writer.lastSequence(symbol);
    const live = client.subscribe<Event>(livePrice, { symbol });
    await live.next();
    await bed.redis.flush();
    await publish(5);
    const resumed = client.subscribe<Event>(resumedPrice, { symbol, after: String(last - 10) });
    expect(sequences(await live.take(5))).toEqual(range(last + 1, last + 5));
    expect(sequences(await resumed.take(15))).toEqual(range(last - 9, last + 5));
    await Promise.all([live.return(), resumed.return()]);
  });

  test('minIntervalMs conflates: fewer events, always the latest price', async () => {
    const events = client.subscribe<Event>(livePrice, { symbol, minIntervalMs: 200 });
    await events.next();
    const begun = performance.now();
    await publish(40);
    await publish(40);
    const next = await events.next();
    expect(sequences([next])).toEqual([writer.lastSequence(symbol)]);
    expect(performance.now() - begun).toBeLessThan(2_000);
    await events.return();
  });

  test('an unknown symbol and impossible arguments are refused with codes', async () => {
    expect(await refusalOf({ symbol: 'XPT-USD' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusalOf({ symbol, minIntervalMs: 60_001 })).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refusalOf({ symbol, minIntervalMs: -1 })).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await refusalOf({ symbol, after: '-1' })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('an `after` that cannot be continued from is refused with the sequence that can', async () => {
    const latest = writer.lastSequence(symbol);
    expect(await refusalOf({ symbol, after: String(latest + 1) })).toMatchObject({
      code: 'SEQUENCE_AHEAD',
      latestSequence: String(latest),
    });
    const late = await bed.openWriter('XAG-USD');
    await late.open('XAG-USD', { ceiling: 1_000, atLeast: 0 });
    await late.publish([aTick({ symbol: 'XAG-USD' })]);
    await client.subscribe(livePrice, { symbol: 'XAG-USD' }).next();
    expect(await refusalOf({ symbol: 'XAG-USD', after: '5' })).toMatchObject({
      code: 'SEQUENCE_TOO_OLD',
      oldestSequence: '1001',
    });
  });

  test('inside an event the nested price is the one of the event', async () => {
    const nested = `subscription ($symbol: ID!, $after: BigInt!) {
      priceUpdated(symbol: $symbol, after: $after) { sequence instrument { price { sequence } } } }`;
    const last = writer.lastSequence(symbol);
    const events = client.subscribe<Event>(nested, { symbol, after: String(last - 5) });
    for (const { data } of await events.take(5)) {
      const { sequence, instrument } = data!.priceUpdated as unknown as {
        sequence: string;
        instrument: { price: { sequence: string } };
      };
      expect(instrument.price.sequence).toBe(sequence);
    }
    await events.return();
  });
});
