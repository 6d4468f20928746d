import { describe, expect, test } from '@jest/globals';
import type { PriceSource } from './price-source.ts';
import { createRateBook } from './rates.ts';

const start = Date.parse('2026-11-18T10:00:00Z');
const minute = 60_000;
const source = (name: string, symbol: string, more: Partial<PriceSource> = {}): PriceSource => ({
  name,
  symbol,
  kind: 'rate',
  weight: 1,
  freshForMs: 10 * minute,
  isLive: true,
  ...more,
});

/** A book that has been told rates as `name symbol bid ask`, at minutes since the start. */
const aBook = (sources: PriceSource[]) => {
  const book = createRateBook({ sources });
  return {
    ...book,
    tell(text: string, said = 0, arrived = said) {
      const [name, symbol, bid, ask] = text.split(' ') as [string, string, string, string];
      const time = start + said * minute;
      return book.consider({ source: name, symbol, bid, ask: ask ?? bid, time }, start + arrived * minute);
    },
    find(pair: string, at = 0) {
      const rate = book.rate(pair.slice(0, 3), pair.slice(4), start + at * minute);
      return (
        rate &&
        `${rate.bid}/${rate.ask} of ${rate.sources.map(({ name }) => name).join('+')}${rate.isFresh ? '' : ', old'}`
      );
    },
  };
};

describe('rates of exchange', () => {
  test('a rate is what was said, and the other way round its inverse with the sides exchanged', () => {
    const { tell, find } = aBook([source('bank', 'EUR-USD')]);
    expect(tell('bank EUR-USD 1.25 1.60')).toBeUndefined();
    expect([find('EUR-USD'), find('USD-EUR')]).toEqual(['1.25/1.6 of bank', '0.625/0.8 of bank']);
  });

  test('a rate by one currency in between is the product of both, as old as the older', () => {
    const { tell, find, rate } = aBook([source('bank', 'EUR-USD'), source('bank', 'EUR-TRY')]);
    tell('bank EUR-USD 1.25 1.60', 1);
    tell('bank EUR-TRY 50 60', 2);
    expect([find('USD-TRY', 2), find('TRY-USD', 2)]).toEqual([
      '31.25/48 of bank+bank',
      expect.stringMatching(/^0\.0208333/),
    ]);
    expect(rate('USD', 'TRY', start + 2 * minute)).toMatchObject({
      time: start + minute,
      sources: [
        { name: 'bank', symbol: 'EUR-USD', bid: '1.25', ask: '1.60', time: start + minute },
        { name: 'bank', symbol: 'EUR-TRY', bid: '50', ask: '60', time: start + 2 * minute },
      ],
    });
  });

  test('nothing is known of what nobody says, nor of one currency in itself, nor over two others', () => {
    const { tell, find } = aBook([source('a', 'USD-EUR'), source('b', 'EUR-GBP'), source('c', 'GBP-TRY')]);
    expect(find('USD-EUR')).toBeUndefined();
    tell('a USD-EUR 0.8');
    tell('b EUR-GBP 0.9');
    tell('c GBP-TRY 50');
    expect([find('USD-GBP'), find('USD-TRY'), find('USD-USD'), find('USD-AED')]).toEqual([
      '0.72/0.72 of a+b',
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('the heaviest fresh source wins, whichever way it says it', () => {
    const heavy = source('heavy', 'EUR-USD', { weight: 3, freshForMs: minute });
    const { tell, find } = aBook([source('light', 'USD-EUR'), heavy]);
    tell('light USD-EUR 0.8 0.81');
    expect(find('USD-EUR')).toBe('0.8/0.81 of light');
    tell('heavy EUR-USD 1.25');
    expect(find('USD-EUR')).toBe('0.8/0.8 of heavy');
    expect([find('USD-EUR', 1), find('USD-EUR', 1.01)]).toEqual(['0.8/0.8 of heavy', '0.8/0.81 of light']);
  });

  test('of two that weigh the same the straight one wins', () => {
    const { tell, find } = aBook([source('bank', 'USD-EUR'), source('bank', 'EUR-AED'), source('peg', 'USD-AED')]);
    tell('peg USD-AED 3.6725', 0);
    tell('bank USD-EUR 0.8', 1);
    tell('bank EUR-AED 4.6', 1);
    expect(find('USD-AED', 1)).toBe('3.6725/3.6725 of peg');
  });

  test('where none is fresh it is the newest, and says that it is old', () => {
    const { tell, find } = aBook([source('a', 'USD-EUR', { weight: 3 }), source('b', 'USD-EUR')]);
    tell('a USD-EUR 0.8', 0);
    tell('b USD-EUR 0.9', 1);
    expect([find('USD-EUR', 10), find('USD-EUR', 11), find('USD-EUR', 11.01)]).toEqual([
      '0.8/0.8 of a',
      '0.9/0.9 of b',
      '0.9/0.9 of b, old',
    ]);
  });

  test('a rate by one in between is old where either part is', () => {
    const pairs = ['a USD-EUR', 'b EUR-TRY'].map((each) => each.split(' ') as [string, string]);
    for (const order of [pairs, pairs.toReversed()]) {
      const { tell, find } = aBook(pairs.map(([name, symbol]) => source(name, symbol)));
      order.forEach(([name, symbol], index) => tell(`${name} ${symbol} 2`, index));
      expect([find('USD-TRY', 10), find('USD-TRY', 10.01)]).toEqual(['4/4 of a+b', '4/4 of a+b, old']);
    }
  });

  test('a rate that is old when it arrives is taken, as old', () => {
    const { tell, find } = aBook([source('bank', 'USD-EUR')]);
    expect(tell('bank USD-EUR 0.8', -60 * 24 * 5, 0)).toBeUndefined();
    expect(find('USD-EUR')).toBe('0.8/0.8 of bank, old');
  });

  test('a source that is heard of has all its rates renewed', () => {
    const { tell, find, confirm } = aBook([
      source('bank', 'USD-EUR'),
      source('bank', 'USD-GBP'),
      source('other', 'USD-TRY'),
    ]);
    for (const [name, symbol] of ['bank USD-EUR', 'bank USD-GBP', 'other USD-TRY'].map((each) => each.split(' ')))
      tell(`${name} ${symbol} 2`);
    confirm('bank', start + 9 * minute);
    expect(['USD-EUR', 'USD-GBP', 'USD-TRY'].map((pair) => find(pair, 19))).toEqual([
      '2/2 of bank',
      '2/2 of bank',
      '2/2 of other, old',
    ]);
  });

  test.each([
    ['nobody USD-EUR 0.8', 0, 'UNKNOWN_SOURCE'],
    ['bank USD-GBP 0.8', 0, 'UNKNOWN_SOURCE'],
    ['bank USD-EUR 1e3', 0, 'UNREADABLE_PRICE'],
    ['bank USD-EUR 0', 0, 'NOT_POSITIVE'],
    ['bank USD-EUR 0.9 0.8', 0, 'CROSSED'],
    ['bank USD-EUR 0.8', Number.NaN, 'UNREADABLE_TIME'],
    ['bank USD-EUR 0.8', 0.1, 'FUTURE_TIME'],
    ['bank USD-EUR 0.8', -2, 'OUT_OF_ORDER'],
  ])('%s at %p is refused: %#', (text, said, problem) => {
    const { tell, find } = aBook([source('bank', 'USD-EUR')]);
    tell('bank USD-EUR 0.7', -1, 0);
    expect(tell(text, said, 0)).toBe(problem);
    expect(find('USD-EUR')).toBe('0.7/0.7 of bank');
  });

  test('a rate of a recording is never too old', () => {
    const { tell, find } = aBook([source('file', 'USD-EUR', { isLive: false })]);
    tell('file USD-EUR 0.8', -1_000_000, 0);
    expect([find('USD-EUR', 10), find('USD-EUR', 10.01)]).toEqual(['0.8/0.8 of file', '0.8/0.8 of file, old']);
  });
});
