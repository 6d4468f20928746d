import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DateTime } from 'luxon';
import { decimal } from '#shared/decimal.ts';
import { aTick } from '#shared/testing/builders.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createCandleRepository } from '../history/candle-repository.ts';
import { createCandleService } from '../history/candle-service.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';
import { writeTicks } from './write-ticks.ts';

const candles = `query Candles($symbol: ID!, $interval: CandleInterval!, $basis: CandleBasis, $dayBoundary: DayBoundary,
  $from: DateTime, $to: DateTime, $first: Int, $after: String) {
  instrument(symbol: $symbol) {
    candles(interval: $interval, basis: $basis, dayBoundary: $dayBoundary, from: $from, to: $to, first: $first, after: $after) {
      nodes { openTime closeTime basis open high low close tickCount isClosed }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;
type Node = {
  openTime: string;
  closeTime: string;
  basis: string;
  open: string;
  high: string;
  low: string;
  close: string;
};
type Nodes = (Node & { tickCount: number; isClosed: boolean })[];
type Page = { nodes: Nodes; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

const symbol = 'XAU-USD';
const minute = 60_000;
const start = Date.parse('2025-03-01T00:00:00Z');
/** Minutes of nine months, most of them without a tick: every 193rd, and none on the third weekend. */
const minutes = Array.from(
  { length: Math.floor((265 * 1440) / 193) },
  (_each, index) => start + index * 193 * minute,
).filter((time) => time < Date.parse('2025-03-14T21:00:00Z') || time >= Date.parse('2025-03-16T22:00:00Z'));
const priceAt = (index: number) => 4000 + ((index * 7919) % 503);
/** A tick each for open, high, low and close, whose bid and ask are 1 beside the middle. */
const ticksOf = (index: number) =>
  [0, 3, -2, 1].map((move, second) => {
    const [bid, ask] = [priceAt(index) + move - 1, priceAt(index) + move + 1].map(String);
    return aTick({ bid, ask, time: minutes[index]! + second * 1000, receivedAt: Date.now() });
  });

let bed: MarketDataBed;
let client: GraphqlClient;
beforeAll(async () => {
  bed = await createMarketDataBed();
  await writeTicks(bed.prisma, [...minutes.keys()].flatMap(ticksOf));
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
const expectedCandles = (groups: Map<number, number[]>, aside: number) =>
  [...groups].map(([openTime, indexes]) => ({
    openTime: new Date(openTime).toISOString(),
    open: String(priceAt(indexes[0]!) + aside),
    high: String(Math.max(...indexes.map(priceAt)) + 3 + aside),
    low: String(Math.min(...indexes.map(priceAt)) - 2 + aside),
    close: String(priceAt(indexes.at(-1)!) + 1 + aside),
    tickCount: indexes.length * 4,
  }));
const every = (length: number) => (time: Date) => Math.floor(time.getTime() / length) * length;
const inNewYork = (unit: 'day' | 'week' | 'month') => (time: Date) => {
  const local = DateTime.fromJSDate(time, { zone: 'America/New_York' });
  const dayOfTrade = local.hour >= 17 ? local.plus({ days: 1 }) : local;
  return dayOfTrade.startOf(unit).minus({ days: 1 }).set({ hour: 17 }).toMillis();
};
const intervals: [string, string, (time: Date) => number][] = [
  ['MINUTE_1', 'UTC', every(minute)],
  ['MINUTE_5', 'UTC', every(5 * minute)],
  ['MINUTE_15', 'UTC', every(15 * minute)],
  ['MINUTE_30', 'UTC', every(30 * minute)],
  ['HOUR_1', 'UTC', every(60 * minute)],
  ['HOUR_4', 'NY_1700', every(240 * minute)],
  ['DAY_1', 'UTC', every(1440 * minute)],
  [
    'WEEK_1',
    'UTC',
    (time) => every(1440 * minute)(new Date(time.getTime() - ((time.getUTCDay() + 6) % 7) * 1440 * minute)),
  ],
  ['MONTH_1', 'UTC', (time) => Date.UTC(time.getUTCFullYear(), time.getUTCMonth())],
  ['DAY_1', 'NY_1700', inNewYork('day')],
  ['WEEK_1', 'NY_1700', inNewYork('week')],
  ['MONTH_1', 'NY_1700', inNewYork('month')],
];

describe('candles', () => {
  test.each(intervals)(
    '%s candles by %s are those of a straightforward computation',
    async (interval, dayBoundary, openOf) => {
      const groups = Map.groupBy(minutes.keys(), (index) => openOf(new Date(minutes[index]!)));
      for (const [basis, aside] of Object.entries({ MID: 0, BID: -1, ASK: 1 })) {
        const { nodes } = await ask({ interval, dayBoundary, basis, first: 300 });
        expect(nodes).toMatchObject(expectedCandles(groups, aside).slice(-300));
        expect(nodes.every((node) => node.basis === basis)).toBe(true);
      }
      const from = new Date([...groups.keys()][0]!).toISOString();
      const fromStart = await ask({ interval, dayBoundary, first: 1000, from });
      expect(fromStart.nodes).toMatchObject(expectedCandles(groups, 0).slice(0, 1000));
    },
  );

  test('without a basis and a day boundary they are of the middle and by UTC', async () => {
    const asked = await ask({ interval: 'DAY_1', basis: 'MID', dayBoundary: 'UTC' });
    expect(await ask({ interval: 'DAY_1' })).toEqual(asked);
  });

  test('by New York the day on which clocks change has 23 or 25 hours, and a week is a week of trade', async () => {
    const spans = async (interval: string, from: string) => {
      const { nodes } = await ask({ interval, dayBoundary: 'NY_1700', from, first: 1 });
      return [nodes[0]!.openTime, nodes[0]!.closeTime];
    };
    expect(await spans('DAY_1', '2025-03-08T12:00:00Z')).toEqual([
      '2025-03-08T22:00:00.000Z',
      '2025-03-09T21:00:00.000Z',
    ]);
    expect(await spans('DAY_1', '2025-11-01T12:00:00Z')).toEqual([
      '2025-11-01T21:00:00.000Z',
      '2025-11-02T22:00:00.000Z',
    ]);
    expect(await spans('WEEK_1', '2025-07-01T12:00:00Z')).toEqual([
      '2025-07-06T21:00:00.000Z',
      '2025-07-13T21:00:00.000Z',
    ]);
  });

  test('pages follow each other without gap or repeat until there are no more', async () => {
    const whole = await ask({
      interval: 'HOUR_4',
      first: 1000,
      from: '2025-03-01T00:00:00Z',
      to: '2025-04-01T00:00:00Z',
    });
    const paged: Nodes = [];
    let after: string | null | undefined;
    do {
      const page: Page = await ask({
        interval: 'HOUR_4',
        first: 37,
        ...(after ? { after } : { from: '2025-03-01T00:00:00Z' }),
        to: '2025-04-01T00:00:00Z',
      });
      paged.push(...page.nodes);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : undefined;
    } while (after);
    expect(paged).toEqual(whole.nodes);
    expect(whole.pageInfo.hasNextPage).toBe(false);
  });

  test('a candle belongs to a span when it opens in it: the first instant counts and the last does not', async () => {
    const page = await ask({ interval: 'DAY_1', from: '2025-03-03T00:00:00.001Z', to: '2025-03-06T00:00:00Z' });
    expect(openTimes(page)).toEqual(['2025-03-04T00:00:00.000Z', '2025-03-05T00:00:00.000Z']);
    const whole = await ask({ interval: 'DAY_1', from: '2025-03-03T00:00:00Z', to: '2025-03-06T00:00:00.001Z' });
    expect(openTimes(whole)).toHaveLength(4);
    expect(whole.nodes.at(-1)!.tickCount).toBeGreaterThan(20);
  });

  test('a closed market has no candles', async () => {
    const page = await ask({ interval: 'DAY_1', from: '2025-03-14T00:00:00Z', to: '2025-03-18T00:00:00Z' });
    expect(openTimes(page).map((time) => time.slice(8, 10))).toEqual(['14', '16', '17']);
  });

  test('without from and after the latest candles come, which end before `to`', async () => {
    const page = await ask({ interval: 'DAY_1', first: 2, to: '2025-04-01T00:00:00Z' });
    expect(openTimes(page)).toEqual(['2025-03-30T00:00:00.000Z', '2025-03-31T00:00:00.000Z']);
    expect(page.pageInfo.hasNextPage).toBe(false);
  });

  test('a candle is not closed before its span is over and late ticks have had their time', async () => {
    await writeTicks(bed.prisma, [aTick({ symbol: 'XAU-EUR', bid: '1', ask: '1.5', time: Date.now() })]);
    const running = { symbol: 'XAU-EUR', interval: 'MONTH_1' };
    expect((await ask(running)).nodes).toMatchObject([{ isClosed: false, tickCount: 1 }]);
    const [past] = (await ask({ interval: 'MONTH_1', first: 9 })).nodes;
    expect(past).toMatchObject({ isClosed: true, closeTime: '2025-04-01T00:00:00.000Z' });
    const over = Date.parse(past!.closeTime);
    for (const [now, isClosed] of [
      [over + 1_999, false],
      [over + 2_000, true],
    ] as const) {
      const repository = createCandleRepository(bed.prisma);
      const service = createCandleService({ repository, watermarkMs: 2_000, clock: () => now });
      const page = await service.candles(symbol, { interval: 'MONTH_1', to: over });
      expect(page.nodes.at(-1)).toMatchObject({ closeTime: over, isClosed });
    }
  });

  test('impossible arguments are refused', async () => {
    const { pageInfo } = await ask({ interval: 'DAY_1', first: 1 });
    const refused = [
      { interval: 'DAY_1', first: 0 },
      { interval: 'DAY_1', first: 1001 },
      { interval: 'DAY_1', from: '2025-04-01T00:00:00Z', to: '2025-03-01T00:00:00Z' },
      { interval: 'DAY_1', after: 'nonsense' },
      { interval: 'DAY_1', basis: 'BID', after: pageInfo.endCursor },
      { interval: 'DAY_1', dayBoundary: 'NY_1700', after: pageInfo.endCursor },
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
    await bed.prisma.candle.deleteMany({
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
