import { describe, expect, test } from '@jest/globals';
import { aMarket, aSource, start } from './consensus-builders.ts';

describe('validation, in its order', () => {
  const market = () => aMarket([aSource('one'), aSource('file', { isLive: false })]);

  test.each([
    ['nobody', '4084.30', '4084.91', start, 'UNKNOWN_SOURCE'],
    ['one', 'NaN', '4084.91', 0, 'UNREADABLE_PRICE'],
    ['one', '0', '4084.91', 0, 'NOT_POSITIVE'],
    ['one', '4084.91', '4084.30', 0, 'CROSSED'],
    ['one', '4000', '4084.91', Number.NaN, 'UNREADABLE_TIME'],
    ['one', '4000', '4084.91', start + 5_001, 'FUTURE_TIME'],
    ['one', '4000', '4084.91', start - 15_001, 'OLD_TIME'],
    ['one', '4000', '4084.91', start, 'WIDE_SPREAD'],
    ['file', '4084.30', '4084.30', start, 'CROSSED'],
  ])('%s says %s to %s at %p: %s', (source, bid, ask, time, problem) => {
    expect(market().say(source, bid, ask, { time })).toBe(problem);
  });

  test('a source does not go back behind what it said, and what was refused does not count', () => {
    const { say, now } = market();
    expect(say('one', '4084.30', '4084.91', { time: now() - 10 })).toMatch('DEGRADED');
    expect(say('one', '4000', '4084.91', { time: now() + 4_000 })).toBe('WIDE_SPREAD');
    expect(say('one', '4084.30', '4084.91', { time: now() - 11 })).toBe('OUT_OF_ORDER');
    expect(say('one', '4084.30', '4084.91', { time: now() - 10 })).toMatch('DEGRADED');
  });

  test('a recording may be of any time, in any order', () => {
    const { say } = market();
    for (const time of [start + 86_400_000, 1, start - 86_400_000])
      expect(say('file', '4084.30', '4084.91', { time })).toBe('4084.30/4084.91 DEGRADED');
  });
});

describe('the price of one source', () => {
  test('is what it said, to the letter', () => {
    const { say, latest } = aMarket([aSource('file', { isLive: false })]);
    expect(say('file', '4084.3000000', '4084.91', { time: 1_000, feedPosition: '7' })).toBe(
      '4084.3000000/4084.91 DEGRADED',
    );
    expect(latest()).toEqual({
      bid: '4084.3000000',
      ask: '4084.91',
      time: 1_000,
      quality: 'DEGRADED',
      sources: [{ name: 'file', bid: '4084.3000000', ask: '4084.91', time: 1_000 }],
      freshSources: 1,
      feedPosition: '7',
    });
  });

  test('is only indicative while the market is closed', () => {
    const { say, close } = aMarket([aSource('one')]);
    close();
    expect(say('one', '4084.30', '4084.91')).toBe('4084.30/4084.91 INDICATIVE');
  });

  test('of a mid price has the usual spread around it, and is only indicative', () => {
    const { say, latest } = aMarket([aSource('mid')]);
    expect(say('mid', '4000.0', '4000.0')).toBe('3999.400/4000.600 INDICATIVE');
    expect(latest().sources).toMatchObject([{ bid: '4000.0', ask: '4000.0' }]);
  });

  test.each([
    ['0.001', '0.0009998/0.0010002'],
    ['0.0005', '0.0004999/0.0005001'],
  ])('of %s is calculated with as many digits as it takes to have a bid below its ask', (mid, expected) => {
    expect(aMarket([aSource('mid')]).say('mid', mid, mid)).toBe(`${expected} INDICATIVE`);
  });
});

describe('the price of several sources', () => {
  test('is the weighted median of bids and of asks, each by itself', () => {
    const { say, latest } = aMarket([aSource('a'), aSource('b'), aSource('c')]);
    say('a', '4084.10', '4084.90');
    say('b', '4084.30', '4084.80');
    expect(say('c', '4084.20', '4085.00')).toBe('4084.20/4084.90 GOOD');
    expect(latest().freshSources).toBe(3);
  });

  test('is the middle where both halves weigh the same, rounded half-even', () => {
    const { say } = aMarket([aSource('a'), aSource('b')]);
    say('a', '4084.101', '4084.9');
    expect(say('b', '4084.104', '4085.0')).toBe('4084.102/4084.950 GOOD');
    expect(say('b', '4084.1013', '4085.0')).toBe('4084.1012/4084.9500 GOOD');
  });

  test('is the text of the sources where they say the same', () => {
    const { say } = aMarket([aSource('a'), aSource('b')]);
    say('a', '4084.1', '4084.9');
    expect(say('b', '4084.1', '4084.9')).toBe('4084.1/4084.9 GOOD');
  });

  test('of two is that of the heavier one, and of three never of one alone, whatever it weighs', () => {
    const heavy = aSource('heavy', { weight: 1000 });
    const two = aMarket([heavy, aSource('a')]);
    two.say('a', '4084.10', '4084.70');
    expect(two.say('heavy', '4086.10', '4086.70')).toBe('4086.10/4086.70 GOOD');
    const three = aMarket([heavy, aSource('a'), aSource('b', { weight: 0.001 })]);
    three.say('a', '4084.10', '4084.70');
    three.say('b', '4084.20', '4084.80');
    expect(three.say('heavy', '4086.10', '4086.70')).toBe('4084.20/4084.80 GOOD');
  });

  test.each([
    [0.1, 0.1, 0.1, 0.2, 0.1],
    [0.1, 0.1, 0.5, 0.4, 0.3],
  ])('adds weights as decimals: %d and %d and %d are as heavy as %d and %d', (...weights) => {
    const { say } = aMarket(weights.map((weight, index) => aSource(`${index}`, { weight })));
    for (const name of ['0', '1', '2']) say(name, '4084.10', '4084.70');
    say('3', '4084.20', '4084.80');
    expect(say('4', '4084.20', '4084.80')).toBe('4084.150/4084.750 GOOD');
  });

  test('gives a mid price the median spread of those who say a bid and an ask', () => {
    const { say } = aMarket([aSource('a'), aSource('b'), aSource('mid', { weight: 1 })]);
    say('a', '3999.0', '4001.0');
    say('b', '3998.0', '4002.0');
    expect(say('mid', '4000', '4000')).toBe('3998.500/4001.500 GOOD');
  });

  test('gives a mid price the spread of the metal, not of a token', () => {
    const token = aSource('token', { kind: 'token', weight: 0.1 });
    const { say } = aMarket([aSource('a'), token, aSource('mid', { weight: 3 })], { bases: { token: 0 } });
    say('a', '3999.0', '4001.0');
    say('token', '4000.00', '4000.01');
    expect(say('mid', '4000', '4000')).toMatch(/^3999\.0+\/4001\.0+ GOOD$/);
  });

  test('has the newest time of its sources', () => {
    const { say, latest, now } = aMarket([aSource('a'), aSource('b')]);
    say('a', '4084.1', '4084.9', { time: now() - 10 });
    say('b', '4084.1', '4084.9', { time: now() - 20 });
    expect(latest().time).toBe(start - 10);
  });

  test('takes up a recording where that stands, also when another source has spoken last', () => {
    const { say, latest } = aMarket([aSource('file', { isLive: false }), aSource('b')]);
    say('file', '4084.1', '4084.9', { feedPosition: '41' });
    say('b', '4084.1', '4084.9');
    expect(latest().feedPosition).toBe('41');
  });

  test('is only indicative of mid prices alone, however many', () => {
    const { say } = aMarket([aSource('a'), aSource('b')]);
    say('a', '4000', '4000');
    expect(say('b', '4000', '4000')).toBe('3999.400/4000.600 INDICATIVE');
  });
});

describe('a source that is far from the others', () => {
  test('is left out of three, and told so', () => {
    const { sayMid, used } = aMarket([aSource('a'), aSource('b'), aSource('c')]);
    sayMid('a', 4000);
    sayMid('b', 4001);
    expect(sayMid('c', 4020)).toBe('TOO_FAR');
    expect(sayMid('a', 4000.1)).toMatch('GOOD');
    expect(used()).toBe('a b');
  });

  test('of two that do not agree the heavier one is believed, and the price is degraded', () => {
    const { sayMid, used } = aMarket([aSource('a'), aSource('b', { weight: 2 })]);
    sayMid('a', 4000);
    expect(sayMid('b', 4020)).toBe('4019.70/4020.30 DEGRADED');
    expect([sayMid('a', 4000), used()]).toEqual(['TOO_FAR', 'b']);
  });

  test('of two that weigh the same the one is believed that stayed', () => {
    const { sayMid } = aMarket([aSource('a'), aSource('b')]);
    sayMid('a', 4000);
    sayMid('b', 4000);
    expect(sayMid('a', 4019)).toBe('TOO_FAR');
    expect(sayMid('b', 4000)).toBe('3999.70/4000.30 DEGRADED');
    expect(sayMid('b', 4018)).toMatch('GOOD');
  });

  test('bid and ask of the metal are believed before a mid price, however heavy', () => {
    const { say, sayMid } = aMarket([aSource('mid', { weight: 9 }), aSource('b')]);
    say('mid', '4020', '4020');
    expect(sayMid('b', 4000)).toBe('3999.70/4000.30 DEGRADED');
  });

  test('two halves that do not agree leave one of them', () => {
    const { sayMid, used } = aMarket(['a', 'b', 'c', 'd'].map((name) => aSource(name)));
    sayMid('a', 4000);
    sayMid('b', 4000);
    sayMid('c', 4040);
    expect([sayMid('d', 4040), used()]).toEqual(['TOO_FAR', 'a b']);
    expect(sayMid('a', 4000)).toMatch('DEGRADED');
  });
});

describe('freshness', () => {
  test('a source counts until its time is over, by arrival', () => {
    const { sayMid, pass, used } = aMarket([aSource('a'), aSource('b')]);
    sayMid('a', 4000);
    pass(10_000);
    expect(sayMid('b', 4000)).toMatch('GOOD');
    pass(1);
    expect([sayMid('b', 4000), used()]).toEqual(['3999.70/4000.30 DEGRADED', 'b']);
  });

  test('and by its own clock, which may be five seconds behind; that of a recording does not count', () => {
    const { say, sayMid, pass, used, now } = aMarket([aSource('a'), aSource('b'), aSource('file', { isLive: false })]);
    say('a', '4000.0', '4000.6', { time: now() - 12_000 });
    say('file', '4000.0', '4000.6', { time: 1 });
    pass(3_000);
    expect([sayMid('b', 4000), used()]).toEqual(['4000.0/4000.6 GOOD', 'a b file']);
    pass(1);
    sayMid('b', 4000);
    expect(used()).toBe('b file');
  });

  test('a heartbeat renews what a source said, by both clocks, and not the time of the price', () => {
    const { say, sayMid, confirm, pass, used, latest, now } = aMarket([aSource('a'), aSource('b')]);
    say('a', '4000.0', '4000.6', { time: now() - 12_000 });
    pass(8_000);
    expect(confirm('a')).toBe('4000.0/4000.6 DEGRADED');
    pass(10_000);
    sayMid('b', 4000);
    expect([used(), latest().sources[0]!.time]).toEqual(['a b', start - 12_000]);
    pass(1);
    sayMid('b', 4000);
    expect(used()).toBe('b');
  });

  test('a heartbeat of a source that never spoke, is unknown or is not used confirms no price', () => {
    const { sayMid, confirm } = aMarket([aSource('a'), aSource('b'), aSource('c')]);
    expect([confirm('a'), confirm('nobody')]).toEqual([undefined, undefined]);
    sayMid('a', 4000);
    sayMid('b', 4000);
    sayMid('c', 4020);
    expect([confirm('c'), confirm('b')]).toEqual([undefined, '3999.70/4000.30 GOOD']);
  });
});
