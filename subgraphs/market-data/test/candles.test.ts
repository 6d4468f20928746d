import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { aTick } from '#shared/testing/builders.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';

const candles = `query Candles($symbol: ID!, $interval: CandleInterval!, $from: DateTime, $to: DateTime, $first: Int, $after: String) {
  instrument(symbol: $symbol) {
    candles(interval: $interval, from: $from, to: $to, first: $first, after: $after) {
      nodes { openTime closeTime open high low close tickCount isClosed }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;
type Node = { openTime: string; closeTime: string; open: string; high: string; low: string; close: string };
type Nodes = (Node & { tickCount: number; isClosed: boolean })[];
type Page = { nodes: Nodes; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

const symbol = 'XAU-USD';
const minute = 60_000;
const start = Date.parse('2026-03-01T00:00:00Z');
/** Minutes of four months, most of them without a tick: every 97th, and none on the second weekend. */
const minutes = Array.from(
  { length: Math.floor((120 * 1440) / 97) },
  (_each, index) => start + index * 97 * minute,
).filter((time) => time < Date.parse('2026-03-06T22:00:00Z') || time >= Date.parse('2026-03-08T22:00:00Z'));
const priceAt = (index: number) => 4000 + ((index * 7919) % 503);

let bed: MarketDataBed;
let client: GraphqlClient;
beforeAll(async () => {
  bed = await createMarketDataBed();
  await bed.prisma.minuteCandle.createMany({
    data: minutes.map((time, index) => ({
      symbol,
      openTime: new Date(time),
      open: priceAt(index),
      high: priceAt(index) + 3,
      low: priceAt(index) - 2,
      close: priceAt(index) + 1,
      tickCount: 2,
    })),
  });
  ({ client } = await bed.startServer());
});
afterAll(() => bed.close());

const ask = async (variables: object): Promise<Page> => {
  const result = await client.request<{ instrument: { candles: Page } }>(candles, { symbol, ...variables });
  if (result.errors) throw new Error(String(result.errors[0]!.extensions!.code));
  return result.data!.instrument.candles;
};
const openTimes = ({ nodes }: Page) => nodes.map(({ openTime }) => openTime);

/** Candles as one would make them by hand: group, and take the first, the extremes and the last. */
const expectedCandles = (openOf: (time: Date) => number) => {
  const groups = Map.groupBy(minutes.keys(), (index) => openOf(new Date(minutes[index]!)));
  return [...groups].map(([openTime, indexes]) => ({
    openTime: new Date(openTime).toISOString(),
    open: String(priceAt(indexes[0]!)),
    high: String(Math.max(...indexes.map(priceAt)) + 3),
    low: String(Math.min(...indexes.map(priceAt)) - 2),
    close: String(priceAt(indexes.at(-1)!) + 1),
    tickCount: indexes.length * 2,
  }));
};
const every = (length: number) => (time: Date) => Math.floor(time.getTime() / length) * length;
const intervals: [string, (time: Date) => number][] = [
  ['MINUTE_1', every(minute)],
  ['MINUTE_5', every(5 * minute)],
  ['MINUTE_15', every(15 * minute)],
  ['MINUTE_30', every(30 * minute)],
  ['HOUR_1', every(60 * minute)],
  ['HOUR_4', every(240 * minute)],
  ['DAY_1', every(1440 * minute)],
  ['WEEK_1', (time) => every(1440 * minute)(new Date(time.getTime() - ((time.getUTCDay() + 6) % 7) * 1440 * minute))],
  ['MONTH_1', (time) => Date.UTC(time.getUTCFullYear(), time.getUTCMonth())],
];

describe('candles', () => {
  test.each(intervals)('%s candles are those of a straightforward computation', async (interval, openOf) => {
    const expected = expectedCandles(openOf);
    const latest = await ask({ interval, first: 1000 });
    expect(latest.nodes).toMatchObject(expected.slice(-1000));
    const fromStart = await ask({ interval, first: 1000, from: new Date(openOf(new Date(start))).toISOString() });
    expect(fromStart.nodes).toMatchObject(expected.slice(0, 1000));
  });

  test('pages follow each other without gap or repeat until there are no more', async () => {
    const whole = await ask({
      interval: 'HOUR_4',
      first: 1000,
      from: '2026-03-01T00:00:00Z',
      to: '2026-04-01T00:00:00Z',
    });
    const paged: Nodes = [];
    let after: string | null | undefined;
    do {
      const page: Page = await ask({
        interval: 'HOUR_4',
        first: 37,
        ...(after ? { after } : { from: '2026-03-01T00:00:00Z' }),
        to: '2026-04-01T00:00:00Z',
      });
      paged.push(...page.nodes);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
    } while (after);
    expect(paged).toEqual(whole.nodes);
    expect(whole.pageInfo.hasNextPage).toBe(false);
  });

  test('a candle belongs to a span when it opens in it: the first instant counts and the last does not', async () => {
    const page = await ask({ interval: 'DAY_1', from: '2026-03-03T00:00:00.001Z', to: '2026-03-06T00:00:00Z' });
    expect(openTimes(page)).toEqual(['2026-03-04T00:00:00.000Z', '2026-03-05T00:00:00.000Z']);
    const whole = await ask({ interval: 'DAY_1', from: '2026-03-03T00:00:00Z', to: '2026-03-06T00:00:00.001Z' });
    expect(openTimes(whole)).toHaveLength(4);
    expect(whole.nodes.at(-1)!.tickCount).toBeGreaterThan(15);
  });

  test('a closed market has no candles', async () => {
    const page = await ask({ interval: 'DAY_1', from: '2026-03-06T00:00:00Z', to: '2026-03-10T00:00:00Z' });
    expect(openTimes(page).map((time) => time.slice(8, 10))).toEqual(['06', '08', '09']);
  });

  test('without from and after the latest candles come, which end before `to`', async () => {
    const page = await ask({ interval: 'DAY_1', first: 2, to: '2026-04-01T00:00:00Z' });
    expect(openTimes(page)).toEqual(['2026-03-30T00:00:00.000Z', '2026-03-31T00:00:00.000Z']);
    expect(page.pageInfo.hasNextPage).toBe(false);
  });

  test('the candle of the running month is not closed', async () => {
    await bed.prisma.minuteCandle.create({
      data: {
        symbol: 'XAU-EUR',
        openTime: new Date(every(minute)(new Date())),
        open: 1,
        high: 1,
        low: 1,
        close: 1,
        tickCount: 1,
      },
    });
    const [running] = (await ask({ symbol: 'XAU-EUR', interval: 'MONTH_1' })).nodes;
    expect(running).toMatchObject({ isClosed: false, tickCount: 1 });
    const [past] = (await ask({ interval: 'MONTH_1' })).nodes;
    expect(past).toMatchObject({ isClosed: true, closeTime: '2026-04-01T00:00:00.000Z' });
  });

  test('impossible arguments are refused', async () => {
    const { pageInfo } = await ask({ interval: 'DAY_1', first: 1 });
    const refused = [
      { interval: 'DAY_1', first: 0 },
      { interval: 'DAY_1', first: 1001 },
      { interval: 'DAY_1', from: '2026-04-01T00:00:00Z', to: '2026-03-01T00:00:00Z' },
      { interval: 'DAY_1', after: 'nonsense' },
      { interval: 'HOUR_1', after: pageInfo.endCursor },
      { symbol: 'XAU-EUR', interval: 'DAY_1', after: pageInfo.endCursor },
    ];
    for (const variables of refused) await expect(ask(variables)).rejects.toThrow('BAD_USER_INPUT');
  });

  test('the change over a window is against the last price at its start, or the oldest known', async () => {
    const writer = await bed.openWriter();
    const time = minutes.at(-1)! + 30_000;
    const [tick] = await writer.publish([aTick({ bid: '4100', ask: '4101', time, receivedAt: Date.now() })]);
    const { data, errors } = await client.request<{ instrument: Record<string, { amount: string; since: string }> }>(
      `{ instrument(symbol: "XAU-USD") { hour: change(window: HOUR) { amount percent since }
         day: change(window: DAY) { amount since } month: change(window: MONTH) { amount since } } }`,
      {},
      { 'x-tick': `${symbol}@${tick!.sequence}` },
    );
    expect(errors).toBeUndefined();
    const changes = data!.instrument;
    const expectChange = (name: string, windowMinutes: number) => {
      const since = time - windowMinutes * minute;
      const index = minutes.findLastIndex((each) => each <= since - minute);
      expect(changes[name]).toMatchObject({
        amount: decimal('4100.5')
          .minus(priceAt(index) + 1)
          .toFixed(),
        since: new Date(since).toISOString(),
      });
    };
    expectChange('hour', 60);
    expectChange('day', 1440);
    expectChange('month', 30 * 1440);
    await bed.prisma.minuteCandle.deleteMany({
      where: { symbol, openTime: { lt: new Date(time - 2 * 1440 * minute) } },
    });
    const oldest = minutes.findIndex((each) => each >= time - 2 * 1440 * minute);
    const short = await client.request(
      '{ instrument(symbol: "XAU-USD") { change(window: WEEK) { amount since } } }',
      {},
      { 'x-tick': `${symbol}@${tick!.sequence}` },
    );
    expect(short.data).toEqual({
      instrument: {
        change: {
          amount: decimal('4100.5').minus(priceAt(oldest)).toFixed(),
          since: new Date(minutes[oldest]!).toISOString(),
        },
      },
    });
  });
});
