import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import { createTickWriter } from '#shared/ticks/tick-writer.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import { cutStream, startHistoryKeeper } from './history-keeper.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';

type Event = { priceUpdated: { sequence: string; bid: string; sources: { name: string; basisBps: string }[] } };

const symbol = 'XAU-USD';
const resumedPrice = `subscription ($after: BigInt!) {
  priceUpdated(symbol: "XAU-USD", after: $after) { sequence bid sources { name basisBps } } }`;

let bed: MarketDataBed;
beforeAll(async () => {
  bed = await createMarketDataBed();
  // 3,000 ticks in the history, of which the stream keeps the last 500, and 500 that have not come into the history.
  const writer = await bed.openWriter();
  const publish = (count: number) =>
    writer.publish(Array.from({ length: count }, (_, index) => aTick({ bid: `${4_000 + index}`, ask: '9000' })));
  const history = startHistoryKeeper(bed, [symbol]);
  for (let batch = 0; batch < 6; batch += 1) await publish(500);
  await history.hasWritten(symbol, 3_000);
  await history.stop();
  await publish(500);
  await cutStream(bed, symbol, 2_501);
});
afterAll(() => bed.close());

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_each, index) => from + index);
const sequencesOf = (events: { data?: Event | null }[]) =>
  events.map(({ data }) => Number(data!.priceUpdated.sequence));
/** A server that holds only a hundred ticks in memory. */
const startServer = (environment = {}) => bed.startServer({ TICKS_IN_MEMORY: '100', ...environment });
const refusalOf = async (client: GraphqlClient, after: string) => {
  const error: unknown = await client
    .subscribe(resumedPrice, { after })
    .next()
    .then(
      ({ errors }) => errors,
      (errors: unknown) => errors,
    );
  return (error as { extensions: Record<string, unknown> }[])[0]!.extensions;
};

describe('a subscriber who comes back', () => {
  test('after longer than the stream reaches back gets everything from the history, then the stream, then live', async () => {
    const { client, stop } = await startServer();
    const events = client.subscribe<Event>(resumedPrice, { after: '7' });
    const caughtUp = await events.take(3_493);
    expect(sequencesOf(caughtUp)).toEqual(range(8, 3_500));
    expect(caughtUp[0]!.data!.priceUpdated).toMatchObject({ bid: '4007', sources: [{ name: 'test', basisBps: '0' }] });
    const writer = createTickWriter({ ...bed.redis, keep: 5_000, logger: bed.logger });
    await writer.open(symbol, { ceiling: 0, atLeast: 0 });
    const source = { name: 'binance-paxg', bid: '4084', ask: '4085', time: Date.now(), basisBps: '12.5000' };
    await writer.publish([aTick({ sources: [source] })]);
    const live = await events.next();
    expect(sequencesOf([live])).toEqual([3_501]);
    expect(live.data!.priceUpdated.sources).toEqual([{ name: 'binance-paxg', basisBps: '12.5000' }]);
    await events.return();
    await stop();
  });

  test('asks about a tick that only the history has, and is answered', async () => {
    const { client, stop } = await startServer();
    const query = '{ instrument(symbol: "XAU-USD") { price { sequence bid } } }';
    const { data } = await client.request(query, {}, { 'x-tick': `${symbol}@42` });
    expect(data).toEqual({ instrument: { price: { sequence: '42', bid: '4041' } } });
    await stop();
  });

  test('while PostgreSQL is away is told to try again, and prices that the stream has go on', async () => {
    const { client, stop } = await startServer();
    await bed.prisma.$executeRawUnsafe('ALTER TABLE tick RENAME TO tick_that_is_away');
    expect(await refusalOf(client, '7')).toMatchObject({ code: 'TICK_UNAVAILABLE', retryable: true });
    const events = client.subscribe<Event>(resumedPrice, { after: '2600' });
    expect(sequencesOf(await events.take(900))).toEqual(range(2_601, 3_500));
    await events.return();
    await bed.prisma.$executeRawUnsafe('ALTER TABLE tick_that_is_away RENAME TO tick');
    await stop();
  });

  test('after longer than ticks are kept is told the oldest that there is', async () => {
    const { client, stop } = await startServer();
    await bed.prisma.$executeRawUnsafe('DELETE FROM tick WHERE sequence <= 100');
    expect(await refusalOf(client, '99')).toMatchObject({ code: 'SEQUENCE_TOO_OLD', oldestSequence: '101' });
    const events = client.subscribe<Event>(resumedPrice, { after: '100' });
    expect(sequencesOf(await events.take(3))).toEqual([101, 102, 103]);
    await events.return();
    await stop();
  });
});
