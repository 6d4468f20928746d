import { describe, expect, test } from '@jest/globals';
import { aMarket, aSource } from './consensus-builders.ts';

const token = (name: string) => aSource(name, { kind: 'token' });

/** An open market of `seconds` in which the metal costs 4000 and the token so many times as much. */
const learn = (ratio: number, seconds: number, market = aMarket([aSource('spot'), token('token')])) => {
  for (let second = 0; second < seconds; second += 1) {
    market.sayMid('spot', 4000);
    market.sayMid('token', 4000 * ratio);
    market.pass(1_000);
  }
  return market;
};
const basis = (market: ReturnType<typeof aMarket>) => market.bases().get('token');

describe('a token', () => {
  test('is not used beside the metal before its basis is known, however near it is', () => {
    const market = aMarket([aSource('spot'), token('token')]);
    market.sayMid('token', 4001);
    expect(market.sayMid('spot', 4000)).toBe('3999.70/4000.30 DEGRADED');
    expect(market.sayMid('token', 4001)).toBe('BASIS_UNKNOWN');
    expect(market.sayMid('spot', 4000)).toBe('3999.70/4000.30 DEGRADED');
  });

  test('alone is only indicative, as it is', () => {
    const market = aMarket([token('token'), token('other')]);
    expect(market.say('token', '4040.10', '4040.11')).toBe('4040.10/4040.11 INDICATIVE');
    expect(market.say('other', '4040.10', '4040.12')).toMatch('INDICATIVE');
  });

  test('is used once its basis has been learnt for half a minute, without it', () => {
    const market = learn(1.01, 29);
    expect([basis(market), market.sayMid('token', 4040)]).toEqual([
      undefined,
      expect.stringContaining('3999.702/4000.298'),
    ]);
    market.sayMid('spot', 4000);
    expect(market.say('token', '4040.00', '4040.10')).toBe('3999.850/4000.200 GOOD');
    expect(market.latest().sources).toEqual([
      expect.objectContaining({ name: 'spot' }),
      expect.objectContaining({ name: 'token', bid: '4040.00', ask: '4040.10', basisBps: '100.0000' }),
    ]);
    expect(market.latest().sources[0]).not.toHaveProperty('basisBps');
  });

  test('without the metal is indicative, by its basis', () => {
    const market = learn(0.99, 60);
    market.pass(20_000);
    expect(market.say('token', '3960.00', '3960.10')).toBe('4000.000/4000.101 INDICATIVE');
  });

  test('at the weekend is indicative and nothing is learnt from it', () => {
    const market = learn(1.01, 60);
    market.close();
    learn(1.02, 600, market);
    expect(basis(market)).toBeCloseTo(100, 8);
    expect(market.sayMid('token', 4040)).toMatch('INDICATIVE');
  });

  test('whose basis changes has half of the change learnt in ten minutes, however often it speaks', () => {
    const market = learn(1.001, 600);
    learn(1.002, 600, market);
    expect(basis(market)).toBeCloseTo(15, 1);
    const often = learn(1.001, 600);
    for (let tenth = 0; tenth < 6_000; tenth += 1) {
      often.sayMid('spot', 4000);
      often.sayMid('token', 4008);
      often.pass(100);
    }
    expect(basis(often)).toBeCloseTo(15, 1);
  });

  test('is learnt from its heartbeats as well', () => {
    const market = aMarket([aSource('spot'), token('token')]);
    market.sayMid('token', 4040);
    for (let second = 0; second < 30; second += 1) {
      market.sayMid('spot', 4000);
      market.confirm('token');
      market.pass(1_000);
    }
    expect(basis(market)).toBeCloseTo(100, 8);
  });

  test('is not learnt from its comparison with itself, nor with other tokens', () => {
    const market = aMarket([token('token'), token('other')], { bases: { other: 0 } });
    for (let second = 0; second < 60; second += 1) {
      market.sayMid('other', 4000);
      market.sayMid('token', 4040);
      market.pass(1_000);
    }
    expect(basis(market)).toBeUndefined();
  });

  test('goes on with a basis that was kept', () => {
    const market = aMarket([aSource('spot'), token('token')], { bases: { token: 100 } });
    market.sayMid('spot', 4000);
    expect(market.sayMid('token', 4040)).toMatch('GOOD');
    expect(basis(market)).toBeCloseTo(100, 8);
  });

  test('that is nowhere near the metal is neither learnt nor used', () => {
    const market = learn(1.11, 60);
    expect([basis(market), market.sayMid('token', 4440)]).toEqual([undefined, 'BASIS_UNKNOWN']);
    const wrong = aMarket([aSource('spot'), token('token')], { bases: { token: -10_000 } });
    expect(wrong.bases()).toEqual(new Map());
  });

  test('that leaves its basis is left out until that has followed it', () => {
    const market = learn(1.001, 60);
    expect(market.sayMid('token', 4022)).toBe('TOO_FAR');
    learn(1.0055, 1_200, market);
    expect(market.sayMid('token', 4022)).toMatch('GOOD');
  });

  test('confirms a jump of the metal from its own level', () => {
    const market = learn(1.01, 60);
    expect([market.sayMid('token', 4040 * 1.02), market.sayMid('spot', 4080)]).toEqual([
      'JUMP',
      expect.stringContaining('GOOD'),
    ]);
  });
});
