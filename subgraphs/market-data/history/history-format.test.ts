import { describe, expect, test } from '@jest/globals';
import { formatOf } from './history-format.ts';

const plain = { column: undefined, ticksColumn: undefined };
const format = (header: string, choice: Partial<Parameters<typeof formatOf>[1]> = {}) =>
  formatOf(header.split(','), { ...plain, ...choice });

describe('the format of a file', () => {
  test('is told by its header', () => {
    const candles = { kind: 'candles', time: 0, open: 1, high: 2, low: 3, close: 4, ticks: undefined };
    expect(format('time,open,high,low,close')).toEqual({ ...candles, columns: 5 });
    expect(format('Date,Open,High,Low,Close,Adj Close,Volume')).toEqual({ ...candles, columns: 7 });
    expect(format('time,bid,ask')).toEqual({ kind: 'ticks', columns: 3, time: 0, bid: 1, ask: 2 });
    const flat = { open: 1, high: 1, low: 1, close: 1 };
    expect(format('date,price_usd_per_oz')).toEqual({ ...candles, ...flat, columns: 2 });
  });

  test('a volume is no number of ticks unless somebody says so; what was exported says it itself', () => {
    const header = 'time,open,high,low,close,volume';
    expect(format(header)).toMatchObject({ ticks: undefined });
    expect(format(header, { ticksColumn: 'Volume' })).toMatchObject({ ticks: 5 });
    expect(format('time,open,high,low,close,ticks')).toMatchObject({ ticks: 5 });
  });

  test('rates of exchange are refused with their names, unless one of them is named as the price', () => {
    const header = 'date,usd_sell,usd_buy,eur_sell';
    expect(() => format(header)).toThrow(/usd_sell, usd_buy, eur_sell.*--column/);
    expect(() => format('date,eur_usd')).toThrow(/eur_usd/);
    expect(format(header, { column: 'usd_buy' })).toMatchObject({ kind: 'candles', open: 2, close: 2, columns: 4 });
  });

  test.each([
    ['price,volume', {}, /no column of times/],
    ['time,open,high,low,close', { ticksColumn: 'volume' }, /no column volume, as --ticks-column says.*close/],
    ['time,open,high,low,close', { column: 'last' }, /no column last, as --column says/],
    ['time,bid,ask,volume', { ticksColumn: 'volume' }, /leave out --ticks-column/],
  ])('%s is refused in words', (header, choice, words) => {
    expect(() => format(header, choice)).toThrow(words);
    expect(() => format(header, choice)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});
