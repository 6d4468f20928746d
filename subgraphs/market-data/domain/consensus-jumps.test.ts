import { describe, expect, test } from '@jest/globals';
import { aMarket, aSource } from './consensus-builders.ts';

/** A source that has said the same for a minute, so that nothing but the limit allows it to jump. */
const calm = (...names: string[]) => {
  const market = aMarket(names.map((name) => aSource(name)));
  for (let second = 0; second < 60; second += 1) {
    for (const name of names) market.sayMid(name, 4000);
    market.pass(1_000);
  }
  return market;
};

describe('a jump of one source', () => {
  test('of up to 50 basis points passes at once, and a wider one waits', () => {
    expect(calm('a').sayMid('a', 4020)).toMatch('4019.70');
    expect(calm('a').sayMid('a', 4020.02)).toBe('JUMP');
    expect(calm('a').sayMid('a', 3979.98)).toBe('JUMP');
  });

  test('that was a mistake of one or two quotes leaves no trace', () => {
    const { sayMid, pass } = calm('a');
    for (const [mid, expected] of [
      [4200, 'JUMP'],
      [4200, 'JUMP'],
      [4000.2, '3999.90/4000.50 DEGRADED'],
      [4200, 'JUMP'],
      [4200, 'JUMP'],
      [4200, '4199.70/4200.30 DEGRADED'],
    ] as const) {
      pass(10);
      expect(sayMid('a', mid)).toBe(expected);
    }
  });

  test('is accepted when the source says it three times within three seconds', () => {
    const { sayMid, pass } = calm('a');
    expect(sayMid('a', 4200)).toBe('JUMP');
    pass(1_500);
    expect(sayMid('a', 4203)).toBe('JUMP');
    pass(1_500);
    expect(sayMid('a', 4206)).toBe('4205.70/4206.30 DEGRADED');
  });

  test('is not accepted when the three are spread wider in time or price, or are one quote told three times', () => {
    const slow = calm('a');
    for (const ms of [1_500, 1_501, 1_500, 1_501]) {
      expect(slow.sayMid('a', 4200)).toBe('JUMP');
      slow.pass(ms);
    }
    const wild = calm('a');
    for (const mid of [4200, 4230, 4200, 4230, 4200]) {
      expect(wild.sayMid('a', mid)).toBe('JUMP');
      wild.pass(10);
    }
    const repeated = calm('a');
    const time = repeated.now();
    for (let poll = 0; poll < 5; poll += 1) {
      expect(repeated.say('a', '4200', '4201', { time })).toBe('JUMP');
      repeated.pass(500);
    }
  });

  test('of a source that is asked seldom is accepted when it is said a third time and nothing older holds', () => {
    const { sayMid, pass } = aMarket([aSource('slow', { freshForMs: 25_000 })]);
    expect(sayMid('slow', 4000)).toMatch('DEGRADED');
    const said: string[] = [];
    for (let poll = 0; poll < 3; poll += 1) {
      pass(10_000);
      said.push(sayMid('slow', 4200));
    }
    expect(said).toEqual(['JUMP', 'JUMP', '4199.70/4200.30 DEGRADED']);
  });

  test('is accepted at once when another source says so too, and then both count', () => {
    const { sayMid, used } = calm('a', 'b', 'c');
    expect(sayMid('a', 4200)).toBe('JUMP');
    expect(sayMid('b', 4201)).toBe('4200.200/4200.800 GOOD');
    expect(used()).toBe('a b');
    expect(sayMid('c', 4200)).toBe('4199.70/4200.30 GOOD');
  });

  test('is not confirmed by what another source said long ago', () => {
    const { sayMid, pass } = aMarket([aSource('a'), aSource('b')]);
    sayMid('b', 4200);
    for (let second = 0; second < 11; second += 1) {
      sayMid('a', 4000);
      pass(1_000);
    }
    expect(sayMid('a', 4200)).toBe('JUMP');
  });

  test('back to where the others still are is accepted at once', () => {
    const { sayMid, used, pass } = calm('a', 'b', 'c');
    for (const expected of ['JUMP', 'JUMP', 'TOO_FAR', 'TOO_FAR']) {
      pass(10);
      expect(sayMid('a', 4200)).toBe(expected);
    }
    expect(sayMid('b', 4000)).toMatch('GOOD');
    expect([sayMid('a', 4000), used()]).toEqual(['3999.70/4000.30 GOOD', 'a b c']);
  });

  test('may be wider where the source has moved wider in the last minute', () => {
    const { sayMid, pass } = aMarket([aSource('a')]);
    for (let second = 0; second < 60; second += 1) {
      sayMid('a', second % 2 === 0 ? 4000 : 4008);
      pass(1_000);
    }
    // Its usual distance from 4004 is 4: 8 times that are 32, or 79.9 basis points.
    expect(sayMid('a', 4008 + 32.1)).toBe('JUMP');
    expect(sayMid('a', 4008 + 31.9)).toMatch('DEGRADED');
  });

  test('behind a pause of more than a minute may be 3 %, and what was before counts no more', () => {
    const gap = (ms: number, mid: number) => {
      const { sayMid, pass } = calm('a');
      pass(ms - 1_000);
      return sayMid('a', mid);
    };
    expect(gap(60_000, 4100)).toBe('JUMP');
    expect(gap(60_001, 4100)).toMatch('DEGRADED');
    expect(gap(172_800_000, 4120)).toMatch('DEGRADED');
    expect(gap(172_800_000, 4120.1)).toBe('JUMP');
  });

  test('is not confirmed by a heartbeat, until the source has held on to it for as long as its prices hold', () => {
    const { sayMid, confirm, pass } = calm('a');
    sayMid('a', 4200);
    expect(confirm('a')).toBeUndefined();
    pass(9_999);
    expect(confirm('a')).toBeUndefined();
    pass(1);
    expect(confirm('a')).toBe('4199.70/4200.30 DEGRADED');
  });

  test('keeps its source from being heard with what it said before it', () => {
    const { sayMid, confirm, pass, used } = calm('a', 'b');
    sayMid('a', 4200);
    pass(9_001);
    confirm('a');
    sayMid('b', 4000);
    expect(used()).toBe('b');
  });
});
