import { describe, expect, test } from '@jest/globals';
import type { UnsequencedTick } from '#shared/ticks/tick.ts';
import type { FeedQuote, FeedSource } from '../feeds/feed.ts';
import { createPriceMaker } from './price-maker.ts';

const now = Date.parse('2026-11-18T12:00:00Z');
const yesterday = Date.parse('2026-11-17T15:00:00Z');
const day = 86_400_000;

const source = (name: string, symbol: string, more: Partial<FeedSource> = {}): FeedSource => ({
  name,
  symbol,
  kind: /^XA[UG]-/.test(symbol) ? 'spot' : 'rate',
  weight: 1,
  freshForMs: /^XA[UG]-/.test(symbol) ? 5_000 : 5 * day,
  isLive: true,
  ...more,
});
const swissquote = source('swissquote', 'XAU-USD');
const ecb = ['EUR-USD', 'EUR-TRY'].map((symbol) => source('ecb', symbol));
const instruments = ['XAU-USD', 'XAU-EUR', 'XAU-TRY', 'XAG-USD'].map((symbol) => ({
  symbol,
  name: symbol,
  metal: symbol.slice(0, 3) as 'XAU' | 'XAG',
  currency: symbol.slice(4),
}));

function aMaker(sources: FeedSource[], isOpen = true) {
  const problems: string[] = [];
  const maker = createPriceMaker({
    sources,
    instruments,
    limits: { maxSpreadBps: 50, maxJumpBps: 50, maxDistanceBps: 35, midSpreadBps: 3 },
    breakerLimits: { degradedBps: 100, haltBps: 200, haltMs: 120_000, quorum: 1 },
    freshForMs: 15_000,
    isOpen: () => isOpen,
    bases: [],
    onProblem: (quote, problem) => problems.push(`${quote.source} ${problem}`),
  });
  return { ...maker, problems };
}
const quote = (of: FeedSource, bid: string, ask: string, time: number): FeedQuote => ({
  source: of.name,
  symbol: of.symbol,
  bid,
  ask,
  time,
});
const euro = (time: number) => quote(ecb[0]!, '1.16', '1.16', time);
const lira = (time: number) => quote(ecb[1]!, '49.3', '49.3', time);
const pricesOf = (ticks: UnsequencedTick[]) => ticks.map(({ symbol, bid, ask }) => `${symbol} ${bid} ${ask}`);

describe('prices of what sources say', () => {
  test('gold in another currency is gold times a rate, as old as the older and as new as the newer of both', () => {
    const maker = aMaker([swissquote, ...ecb]);
    const ticks = maker.take([quote(swissquote, '4084.00', '4085.16', now), euro(yesterday), lira(yesterday)], now);
    expect(ticks.map(({ symbol }) => symbol)).toEqual(['XAU-USD', 'XAU-EUR', 'XAU-TRY']);
    const [gold, inEuros, inLira] = ticks as [UnsequencedTick, UnsequencedTick, UnsequencedTick];
    expect(gold).toMatchObject({ bid: '4084.00', ask: '4085.16', time: now, receivedAt: now, quality: 'DEGRADED' });
    // 4084.00 / 1.16 and 4085.16 / 1.16
    expect([Number(inEuros.bid), Number(inEuros.ask)]).toEqual([
      expect.closeTo(3520.6896, 2),
      expect.closeTo(3521.6896, 2),
    ]);
    // Times 49.3 / 1.16
    expect(Number(inLira.bid)).toBeCloseTo(173_570, 1);
    expect(inEuros).toMatchObject({ time: yesterday, movedAt: now, receivedAt: now, quality: 'DEGRADED' });
    expect(inEuros.sources).toEqual([
      { name: 'swissquote', symbol: 'XAU-USD', bid: '4084.00', ask: '4085.16', time: now },
      { name: 'ecb', symbol: 'EUR-USD', bid: '1.16', ask: '1.16', time: yesterday },
    ]);
  });

  test('a rate that is too old makes a stale price, and none makes none', () => {
    const maker = aMaker([swissquote, ...ecb]);
    expect(maker.take([euro(now - 6 * day)], now)).toEqual([]);
    maker.take([euro(now - 5 * day + 1_000)], now);
    const later = now + 60_000;
    const ticks = maker.take([quote(swissquote, '4084.00', '4085.16', later)], later);
    expect(ticks.map(({ symbol, quality }) => `${symbol} ${quality}`)).toEqual(['XAU-USD DEGRADED', 'XAU-EUR STALE']);
  });

  test('what sources quote themselves is no cross, until nothing is heard of them', () => {
    const direct = source('swissquote', 'XAU-EUR');
    const maker = aMaker([swissquote, direct, ...ecb]);
    maker.take([euro(yesterday)], now);
    const both = [quote(direct, '3520.1', '3520.9', now), quote(swissquote, '4084.00', '4085.16', now)];
    expect(pricesOf(maker.take(both, now))).toContain('XAU-EUR 3520.1 3520.9');
    const later = now + 16_000;
    const ticks = maker.take([quote(swissquote, '4084.00', '4085.16', later)], later);
    expect(pricesOf(ticks)[0]).toBe('XAU-USD 4084.00 4085.16');
    expect(ticks[1]).toMatchObject({ symbol: 'XAU-EUR', sources: [{ symbol: 'XAU-USD' }, { symbol: 'EUR-USD' }] });
  });

  test('what stays the same is said again only after a while, or where it is a recording', () => {
    const maker = aMaker([swissquote]);
    const at = (time: number) => maker.take([quote(swissquote, '4084.00', '4085.16', time)], time).length;
    expect([at(now), at(now + 1_000), at(now + 4_999), at(now + 5_000), at(now + 6_000)]).toEqual([1, 0, 0, 1, 0]);
    const recorded = source('replay', 'XAU-USD', { isLive: false });
    const player = aMaker([recorded]);
    const rows = Array.from({ length: 3 }, () =>
      quote(recorded, '1286.4', '1286.67', Date.parse('2014-05-02T12:00:00Z')),
    );
    expect(player.take(rows, now)).toHaveLength(3);
  });

  test('a source that is alive keeps its price fresh', () => {
    const kraken = source('kraken-xau', 'XAU-USD');
    const maker = aMaker([kraken]);
    maker.take([quote(kraken, '4084.00', '4085.16', now)], now);
    expect(maker.confirm('kraken-xau', now + 1_000)).toEqual([]);
    expect(maker.confirm('kraken-xau', now + 5_001)).toMatchObject([{ bid: '4084.00', receivedAt: now + 5_001 }]);
    expect(maker.confirm('unknown', now + 20_000)).toEqual([]);
  });

  test('a rate that moves moves fresh prices, and makes no old one look new', () => {
    const maker = aMaker([swissquote, ...ecb]);
    maker.take([quote(swissquote, '4084.00', '4085.16', now), euro(yesterday)], now);
    const moved = quote(ecb[0]!, '1.17', '1.17', now);
    expect(maker.take([moved], now + 4_000)).toMatchObject([{ symbol: 'XAU-EUR', time: now, receivedAt: now }]);
    expect(maker.take([quote(ecb[0]!, '1.18', '1.18', now)], now + 16_000)).toEqual([]);
  });

  test('the breaker rides on the price that trips it, and on its crosses', () => {
    const recorded = source('replay', 'XAU-USD', { isLive: false });
    const maker = aMaker([recorded, ...ecb]);
    maker.take([euro(yesterday)], now);
    const prices = Array.from({ length: 30 }, (_each, index) => 1300 - index);
    const ticks = prices.flatMap((price, index) =>
      maker.take([quote(recorded, `${price}.00`, `${price}.30`, now + index * 1_000)], now + index * 1_000),
    );
    const gold = ticks.filter(({ symbol }) => symbol === 'XAU-USD').map(({ breaker }) => breaker?.state);
    expect(gold).toEqual([
      ...Array.from({ length: 14 }, () => undefined),
      ...Array.from({ length: 13 }, () => 'DEGRADED'),
      ...Array.from({ length: 3 }, () => 'HALTED'),
    ]);
    expect(ticks.filter(({ symbol }) => symbol === 'XAU-EUR').map(({ breaker }) => breaker?.state)).toEqual(gold);
  });

  test('a rate that goes wrong halts its crosses and not the metal', () => {
    const maker = aMaker([swissquote, ...ecb]);
    maker.take([quote(swissquote, '4084.00', '4085.16', now), euro(yesterday), lira(yesterday)], now);
    const wrong = quote(ecb[0]!, '0.90', '0.90', yesterday + 60_000);
    const ticks = maker.take([quote(swissquote, '4084.10', '4085.26', now + 1_000), wrong], now + 1_000);
    expect(ticks.map(({ symbol, breaker }) => `${symbol} ${breaker?.state}`)).toEqual([
      'XAU-USD undefined',
      'XAU-EUR HALTED',
      'XAU-TRY HALTED',
    ]);
  });

  test('another process goes on with a halt, and does not believe a first price that is far from the last', () => {
    const before = aMaker([swissquote]).take([quote(swissquote, '4084.00', '4085.16', now)], now)[0]!;
    const halted = { ...before, breaker: { state: 'HALTED', reason: 'The price moved', until: now + 60_000 } as const };
    const maker = aMaker([swissquote]);
    maker.resume(halted);
    const at = (price: number, time: number) =>
      maker
        .take([quote(swissquote, `${price}.00`, `${price}.50`, time)], time)
        .map(({ bid, breaker }) => [bid, breaker?.state]);
    expect(at(4500, now + 1_000)).toEqual([]);
    expect(at(4085, now + 2_000)).toEqual([['4085.00', 'HALTED']]);
    expect(at(4086, now + 60_000)).toEqual([['4086.00', undefined]]);
  });

  test('a quote that is not used is told of with the reason', () => {
    const maker = aMaker([swissquote, ...ecb]);
    const platinum = source('swissquote', 'XPT-USD');
    maker.take(
      [
        quote(swissquote, '4085', '4084', now),
        quote(ecb[0]!, '-1', '1', now),
        quote(swissquote, '4084', '4085', now + 60_000),
        { ...quote(platinum, '1000', '1001', now), symbol: 'XAU-CHF' },
      ],
      now,
    );
    expect(maker.problems).toEqual([
      expect.stringMatching(/^ecb /),
      'swissquote CROSSED',
      'swissquote FUTURE_TIME',
      'swissquote UNKNOWN_SYMBOL',
    ]);
  });
});
