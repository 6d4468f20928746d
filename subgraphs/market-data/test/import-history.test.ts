import { truncate } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { aTick } from '#shared/testing/builders.ts';
import { createCandleImportRepository } from '../history/candle-import-repository.ts';
import { createHistoryRepository } from '../history/history-repository.ts';
import { createHistoryBed, findSharedData, type HistoryBed, type StoredCandle } from './history-bed.ts';

let bed: HistoryBed;
beforeEach(async () => {
  bed = await createHistoryBed();
});
afterEach(() => bed.close());

const minute = 60_000;
const start = Date.parse('2026-01-30T22:00:00Z');
const timeText = (time: number) => `${new Date(time).toISOString().slice(0, 16)}Z`;
const header = 'time,open,high,low,close';
const row = (time: number, price = 4000) => `${timeText(time)},${price}.5,${price + 2},${price - 2},${price}.25`;
const pricesOf = (candles: StoredCandle[]) => candles.map(({ time, prices }) => `${time} ${prices}`);

/** What shorter candles come to, worked out in the plainest way. */
const addedUp = (candles: StoredCandle[], openOf: (time: string) => string) =>
  [...Map.groupBy(candles, ({ time }) => openOf(time))].map(([time, parts]) => {
    const columns = parts.map(({ prices }) => prices.split(' '));
    const column = (index: number) => columns.map((each) => decimal(each[index]!)).toSorted((a, b) => a.cmp(b));
    return `${time} ${columns[0]![0]} ${column(1).at(-1)} ${column(2)[0]} ${columns.at(-1)![3]} ${parts.reduce((sum, { ticks }) => sum + ticks, 0)}`;
  });

describe('a file of candles', () => {
  test('is stored with its very prices, as candles of the middle that count no ticks', async () => {
    const lines = ['date,price_usd_per_oz', '1833-01-01,18.930', '1833-02-01,18.93000001', '1833-03-01,"19"'];
    const { summary } = await bed.importFile(await bed.write('monthly.csv', lines));
    expect(summary).toMatchObject({ interval: 'MONTH_1', rows: 3, written: 3, kept: 0, skipped: 0 });
    const common = { basis: 'MID', interval: 'MONTH_1', ticks: 0, isImported: true };
    expect(await bed.candles()).toEqual([
      { ...common, time: '1833-01-01T00:00Z', prices: '18.93 18.93 18.93 18.93' },
      { ...common, time: '1833-02-01T00:00Z', prices: '18.93000001 18.93000001 18.93000001 18.93000001' },
      { ...common, time: '1833-03-01T00:00Z', prices: '19 19 19 19' },
    ]);
  });

  test('makes the hours, days and months around its minutes, across chunks and over the end of a month', async () => {
    const times = Array.from(
      { length: 700 },
      (_each, index) => start + index * minute + Math.floor(index / 30) * 70 * minute,
    );
    const lines = times.map((time, index) => `${row(time, 4000 + ((index * 7_919) % 503))},${index % 9}`);
    const file = await bed.write('minutes.csv', [`${header},ticks`, ...lines], { gzip: true });
    const { summary } = await bed.importFile(file, { basis: 'BID', chunkRows: 50 });
    expect(summary).toMatchObject({ interval: 'MINUTE_1', written: 700, bases: ['BID'] });
    const minutes = await bed.candles({ interval: 'MINUTE_1' });
    expect(minutes.reduce((sum, { ticks }) => sum + ticks, 0)).toBe(
      times.reduce((sum, _time, index) => sum + (index % 9), 0),
    );
    for (const [interval, openOf] of [
      ['HOUR_1', (time: string) => `${time.slice(0, 13)}:00Z`],
      ['DAY_1', (time: string) => `${time.slice(0, 10)}T00:00Z`],
      ['MONTH_1', (time: string) => `${time.slice(0, 7)}-01T00:00Z`],
    ] as const) {
      const longer = await bed.candles({ interval });
      expect(longer.map(({ time, prices, ticks }) => `${time} ${prices} ${ticks}`)).toEqual(addedUp(minutes, openOf));
      expect(longer.every(({ basis, isImported }) => basis === 'BID' && !isImported)).toBe(true);
    }
    expect(await bed.candles({ interval: 'MONTH_1' })).toHaveLength(2);
  });

  test('is read without its bad rows, each of which is told with its line', async () => {
    const [good, bad] = [row(start), (index: number) => timeText(start + index * minute)];
    const lines = [
      header,
      good,
      '',
      `soon,1,1,1,1`,
      `${bad(1)},4000,4001,4002,4000`,
      `${bad(2)},4003,4002,4001,4001`,
      `${bad(3)},0,1,0,1`,
      `${bad(4)},1e3,1e3,1e3,1e3`,
      `${bad(5)},4000,4000,4000`,
      `${bad(6)},4,000,4,000,4,000,4,000`,
      `${bad(7).replace('Z', ':30Z')},1,1,1,1`,
      `${bad(8)},1.123456789,2,1,2`,
      `${timeText(Date.now() + minute)},1,1,1,1`,
      row(start + 9 * minute),
    ];
    const { summary, problems } = await bed.importFile(await bed.write('bad.csv', lines), { interval: 'MINUTE_1' });
    expect(problems).toEqual([
      '4 UNREADABLE_TIME',
      '5 LOW_ABOVE_HIGH',
      '6 OUTSIDE_LOW_AND_HIGH',
      '7 NOT_POSITIVE',
      '8 UNREADABLE_PRICE',
      '9 WRONG_COLUMNS',
      '10 WRONG_COLUMNS',
      '11 OFF_GRID',
      '12 UNREADABLE_PRICE',
      '13 NOT_OVER',
    ]);
    expect(summary).toMatchObject({ rows: 12, written: 2, skipped: 10 });
    const stored = await bed.candles({ interval: 'MINUTE_1' });
    expect(stored.map(({ time }) => time)).toEqual([timeText(start), timeText(start + 9 * minute)]);
  });

  test('counts the first of several rows of a time, and tells those that say something else, however far apart', async () => {
    const times = Array.from({ length: 60 }, (_each, index) => start + index * minute);
    const repeated = [`${timeText(start)},4000.50,4002,3998,4000.250`, row(start, 4100), row(times.at(-1)!, 4100)];
    const file = await bed.write('repeated.csv', [header, ...times.map((time) => row(time)), ...repeated]);
    const { summary, problems } = await bed.importFile(file, { chunkRows: 9 });
    expect(problems).toEqual(['63 REPEATED', '64 REPEATED']);
    expect(summary).toMatchObject({ rows: 63, written: 60, skipped: 2 });
    expect(new Set((await bed.candles({ interval: 'MINUTE_1' })).map(({ prices }) => prices)).size).toBe(1);
  });
});

describe('what was imported', () => {
  test('is there already when the file comes again, packed or not, and imported again only when that is asked for', async () => {
    const lines = [header, row(start), row(start + minute)];
    await bed.importFile(await bed.write('first.csv', lines));
    const [stored] = await bed.candles({ interval: 'MINUTE_1' });
    await bed.prisma.candle.updateMany({ where: { interval: 'MINUTE_1' }, data: { high: 9_999 } });
    const again = await bed.write('second.csv.gz', lines, { gzip: true });
    expect((await bed.importFile(again)).summary).toMatchObject({ rows: 2, rowsDoneBefore: 2, written: 0 });
    expect((await bed.candles({ interval: 'MINUTE_1' }))[0]!.prices).toContain('9999');
    expect(await bed.prisma.historyImport.findFirst()).toMatchObject({ rowsDone: 2n, finishedAt: expect.anything() });
    expect((await bed.importFile(again, { again: true })).summary).toMatchObject({ rowsDoneBefore: 0, written: 2 });
    expect((await bed.candles({ interval: 'MINUTE_1' }))[0]).toEqual(stored);
  });

  test('of one symbol and basis does not stand for another', async () => {
    const file = await bed.write('candles.csv', [header, row(start), row(start + minute)]);
    for (const order of [{}, { basis: 'BID' as const }, { symbol: 'XAG-USD' }])
      expect((await bed.importFile(file, order)).summary).toMatchObject({ rowsDoneBefore: 0, written: 2 });
  });

  test('gives way to a later file, and the longer candles with it', async () => {
    await bed.importFile(await bed.write('first.csv', [header, row(start), row(start + minute)]));
    const { summary } = await bed.importFile(await bed.write('second.csv', [header, row(start, 5000)]), {
      interval: 'MINUTE_1',
    });
    expect(summary).toMatchObject({ written: 1, kept: 0 });
    expect(pricesOf(await bed.candles({ interval: 'HOUR_1' }))).toEqual([
      `${timeText(start)} 5000.5 5002 3998 4000.25`,
    ]);
  });

  test('never takes the place of what ticks have made, and is added up with it', async () => {
    const own = {
      symbol: 'XAU-USD',
      basis: 'MID',
      open: 4500,
      high: 4501,
      low: 4499,
      close: 4500,
      tickCount: 7,
    } as const;
    const at = (time: number) => ({ openTime: new Date(time), firstAt: new Date(time), lastAt: new Date(time) });
    await bed.prisma.candle.createMany({
      data: [
        { ...own, ...at(start + minute), interval: 'MINUTE_1' },
        { ...own, ...at(start), interval: 'HOUR_1' },
      ],
    });
    const { summary } = await bed.importFile(
      await bed.write('over.csv', [header, row(start), row(start + minute), row(start + 2 * minute)]),
    );
    expect(summary).toMatchObject({ written: 2, kept: 1, skipped: 0 });
    const [, kept] = await bed.candles({ interval: 'MINUTE_1' });
    expect(kept).toMatchObject({ prices: '4500 4501 4499 4500', ticks: 7, isImported: false });
    const [hour] = await bed.candles({ interval: 'HOUR_1' });
    expect(hour).toMatchObject({ prices: '4000.5 4501 3998 4000.25', ticks: 7, isImported: false });
  });

  test('stays as it is when shorter candles come, and those above are made of it', async () => {
    await bed.importFile(await bed.write('hours.csv', [header, row(start, 6000)]), { interval: 'HOUR_1' });
    await bed.importFile(await bed.write('minutes.csv', [header, row(start), row(start + 60 * minute)]), {
      interval: 'MINUTE_1',
    });
    expect(pricesOf(await bed.candles({ interval: 'HOUR_1' }))).toEqual([
      `${timeText(start)} 6000.5 6002 5998 6000.25`,
      `${timeText(start + 60 * minute)} 4000.5 4002 3998 4000.25`,
    ]);
    expect((await bed.candles({ interval: 'DAY_1' }))[0]!.prices).toBe('6000.5 6002 3998 4000.25');
  });

  test('is there once when it is imported twice at the same time', async () => {
    const lines = Array.from({ length: 400 }, (_each, index) => row(start + index * minute));
    const file = await bed.write('twice.csv', [header, ...lines]);
    const results = await Promise.allSettled([1, 2].map(() => bed.importFile(file, { chunkRows: 20 })));
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT' });
    expect(await bed.candles({ interval: 'MINUTE_1' })).toHaveLength(400);
  });

  test('is not written by one that believes it to be elsewhere, as when it runs twice', async () => {
    const repository = createCandleImportRepository(bed.prisma);
    await repository.open('an-import', 'file.csv', false);
    const price = { open: '4000', high: '4000', low: '4000', close: '4000', tickCount: 0 };
    const candle = { ...price, basis: 'MID' as const, openTime: start, firstAt: start, lastAt: start };
    const target = {
      id: 'an-import',
      symbol: 'XAU-USD',
      interval: 'MINUTE_1' as const,
      candles: [candle],
      additions: [],
    };
    await expect(repository.write({ ...target, from: 5_000, to: 10_000 })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await bed.candles()).toEqual([]);
    expect(await repository.write({ ...target, from: 0, to: 5_000 })).toBe(1);
    expect(await repository.open('an-import', 'file.csv', false)).toMatchObject({ rowsDone: 5_000, isFinished: false });
  });
});

describe('a file of ticks', () => {
  /** 1,200 ticks of two hours and a half around midnight, each of its own millisecond. */
  const ticks = Array.from({ length: 1_200 }, (_each, index) => {
    const time = Date.parse('2026-01-31T22:50:00Z') + index * 7_510;
    const mid = 4000 + 30 * Math.sin(index / 70) + (index % 13) / 10;
    return { time, bid: (mid - 0.31).toFixed(3), ask: (mid + 0.3).toFixed(4) };
  });
  const lineOf = ({ time, bid, ask }: (typeof ticks)[number]) => `${new Date(time).toISOString()},${bid},${ask}`;
  const withoutOrigin = (candles: StoredCandle[]) => candles.map(({ isImported: _isImported, ...values }) => values);

  test('comes to the candles that live ticks come to, in whatever order its rows are', async () => {
    const live = ticks.map((tick, index): Tick => ({ ...aTick({ ...tick, symbol: 'XAG-USD' }), sequence: index + 1 }));
    await bed.prisma.tickCheckpoint.create({ data: { symbol: 'XAG-USD' } });
    // They are too old to be kept as ticks.
    const partitions = { prepare: async () => Date.now(), forget: () => {} };
    await createHistoryRepository({ database: bed.prisma, partitions }).write([
      { symbol: 'XAG-USD', from: 0, ticks: live },
    ]);
    const expected = withoutOrigin(await bed.candles({ symbol: 'XAG-USD' }));
    expect(expected.filter(({ interval }) => interval === 'MINUTE_1').length).toBeGreaterThan(400);

    await bed.importFile(await bed.write('ticks.csv', ['time,bid,ask', ...ticks.map(lineOf)]), { chunkRows: 100 });
    expect(withoutOrigin(await bed.candles())).toEqual(expected);
    const mixed = ticks
      .map((tick, index) => ({ tick, place: (index * 7_919) % ticks.length }))
      .toSorted((a, b) => a.place - b.place);
    const file = await bed.write('mixed.csv', ['time,bid,ask', ...mixed.map(({ tick }) => lineOf(tick))]);
    await bed.importFile(file, { symbol: 'XAU-EUR', chunkRows: 100 });
    expect(withoutOrigin(await bed.candles({ symbol: 'XAU-EUR' }))).toEqual(expected);
  });

  test('is read without its bad rows', async () => {
    const [good] = ticks;
    const time = new Date(good!.time).toISOString();
    const bad = [`${time},4000,4000`, `${time},4001,4000`, `${time},,4000`, `${time},0,1`, `${time.slice(0, -1)},1,2`];
    const open = `${new Date(Date.now() - 1).toISOString()},4000,4001`;
    const file = await bed.write('bad.csv', ['time,bid,ask', lineOf(good!), ...bad, open]);
    const { summary, problems } = await bed.importFile(file);
    expect(problems).toEqual([
      '3 CROSSED',
      '4 CROSSED',
      '5 UNREADABLE_PRICE',
      '6 NOT_POSITIVE',
      '7 UNREADABLE_TIME',
      '8 NOT_OVER',
    ]);
    expect(summary).toMatchObject({ rows: 7, written: 3, skipped: 6, bases: ['MID', 'BID', 'ASK'] });
  });
});

describe('a file that is of no use is refused in words', () => {
  const refusal = (file: string, order = {}) =>
    bed.importFile(file, order).then(
      () => 'taken',
      ({ code, message }) => `${code}: ${message}`,
    );

  test('when there is none, nothing in it, or nothing that can be used', async () => {
    expect(await refusal('not-there.csv')).toBe('BAD_USER_INPUT: There is no file not-there.csv.');
    expect(await refusal(await bed.write('empty.csv', []))).toMatch(/is empty/);
    expect(await refusal(await bed.write('header.csv', [header]), { interval: 'DAY_1' })).toMatch(
      /no row behind its header/,
    );
    expect(await refusal(await bed.write('words.csv', [header, 'a,b,c,d,e']), { interval: 'DAY_1' })).toMatch(
      /None of the 1 rows/,
    );
    expect(await bed.candles()).toEqual([]);
  });

  test('when it is damaged, before a row of it is taken', async () => {
    const lines = Array.from({ length: 2_000 }, (_each, index) =>
      row(start + index * minute, 4000 + ((index * 7_919) % 503)),
    );
    const file = await bed.write('damaged.csv.gz', [header, ...lines], { gzip: true });
    await truncate(file, readFileSync(file).length - 50);
    expect(await refusal(file)).toMatch(/damaged\.csv\.gz cannot be read: unexpected end of file/);
    expect(await bed.candles()).toEqual([]);
  });

  test('when its candles are of an interval that is not stored, or its symbol is not known', async () => {
    const file = await bed.write('five.csv', [header, ...[0, 5, 10].map((index) => row(start + index * minute))]);
    expect(await refusal(file)).toMatch(/Most rows of the file are 5 minutes apart.*--interval/);
    expect(await refusal(file, { symbol: 'XAU-XXX' })).toMatch(
      /NOT_FOUND: There is no instrument XAU-XXX: there are XAU-USD, /,
    );
    const ticks = await bed.write('ticks.csv', ['time,bid,ask', `${timeText(start)},1,2`]);
    expect(await refusal(ticks, { basis: 'BID' })).toMatch(/leave out --basis/);
    expect(await refusal(ticks, { interval: 'HOUR_1' })).toMatch(/leave out --interval/);
  });
});

const real = {
  minutes: findSharedData('xauusd-1m.csv.gz'),
  ticks: findSharedData('xauusd-ticks.csv.gz'),
  months: findSharedData('gold-monthly.csv'),
  rates: findSharedData('irr-open-market-daily.csv'),
};
const isHere = Object.values(real).every((file) => file !== undefined);
// oxlint-disable-next-line no-console
if (!isHere) console.warn('SKIPPED: the files of real prices are not here; set GOLD_SHARED_DATA to their folder');
(isHere ? describe : describe.skip)('real prices', () => {
  /** The minutes of a file, as `time prices ticks`. */
  const expectedMinutes = () =>
    gunzipSync(readFileSync(real.minutes!))
      .toString()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => {
        const [time, ...values] = line.split(',');
        const ticks = values.pop();
        return `${timeText(Date.parse(time!))} ${values.map((value) => decimal(value).toFixed()).join(' ')} ${ticks}`;
      });
  const asLines = (candles: StoredCandle[]) => candles.map(({ time, prices, ticks }) => `${time} ${prices} ${ticks}`);

  test('of fifteen days of minutes and of two centuries of months are stored as they are', async () => {
    const { summary } = await bed.importFile(real.minutes!, { basis: 'BID', ticksColumn: 'volume' });
    expect(summary).toMatchObject({ interval: 'MINUTE_1', rows: 15_222, written: 15_222, skipped: 0 });
    expect(asLines(await bed.candles({ interval: 'MINUTE_1' }))).toEqual(expectedMinutes());
    const [month] = await bed.candles({ interval: 'MONTH_1' });
    expect(month).toMatchObject({ ticks: 2_022_969, prices: expect.stringMatching(/^1291.677 1315.555 1272.484 /) });
    expect((await bed.importFile(real.months!)).summary).toMatchObject({
      interval: 'MONTH_1',
      written: 2_322,
      skipped: 0,
    });
    await expect(bed.importFile(real.rates!, { symbol: 'XAU-IRR' })).rejects.toThrow(/usd_sell.*--column/);
  });

  test('of ticks, the minute of the payrolls among them, come to the minutes of the same hours', async () => {
    const rows = 30_000;
    const lines = gunzipSync(readFileSync(real.ticks!)).toString().split('\n');
    const { summary } = await bed.importFile(await bed.write('ticks.csv', lines.slice(0, rows + 1)));
    expect(summary).toMatchObject({ rows, skipped: 0 });
    // The file goes on in the middle of the last minute.
    const minutes = asLines(await bed.candles({ interval: 'MINUTE_1', basis: 'BID' })).slice(0, -1);
    expect(minutes.some((line) => line.startsWith('2014-05-02T12:30Z'))).toBe(true);
    const [first, last] = [minutes[0]!.slice(0, 17), minutes.at(-1)!.slice(0, 17)];
    const expected = expectedMinutes().filter((line) => line.slice(0, 17) >= first && line.slice(0, 17) <= last);
    expect(minutes).toEqual(expected);
  });
});
