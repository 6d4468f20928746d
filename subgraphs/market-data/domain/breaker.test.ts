import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Breaker } from '#shared/ticks/tick.ts';
import { createBreaker } from './breaker.ts';
import { createSlidingExtremes } from './sliding-extremes.ts';

const limits = { degradedBps: 100, haltBps: 200, haltMs: 120_000, quorum: 1 };
const start = Date.parse('2026-11-18T10:00:00Z');

/** Observes prices at seconds since the start, with one fresh source in an open market unless told otherwise. */
const aBreaker = (more: Partial<typeof limits> = {}) => {
  const breaker = createBreaker({ ...limits, ...more });
  return (second: number, mid: number, { freshSources = 1, isOpen = true, at = start + second * 1_000 } = {}) =>
    breaker.observe({ mid, at, now: start + second * 1_000, freshSources, isOpen });
};
const at = (second: number) => start + second * 1_000;

describe('the circuit breaker', () => {
  test('says nothing of less than one percent within a minute, or of more in a longer time', () => {
    const observe = aBreaker();
    expect(observe(0, 4000)).toBeUndefined();
    expect(observe(59, 4039.9)).toBeUndefined();
    expect(observe(60.001, 4041)).toBeUndefined();
  });

  test.each([
    ['up', 4040],
    ['down', 3960],
  ])('degrades a market that goes one percent %s, until the minute of that move has passed', (_name, mid) => {
    const observe = aBreaker();
    observe(0, 4000);
    expect(observe(20, mid)).toEqual({
      state: 'DEGRADED',
      reason: 'The price moved by 1 % or more within a minute',
      until: at(60),
    });
    expect(observe(60, mid)).toMatchObject({ state: 'DEGRADED' });
    expect(observe(60.001, mid)).toBeUndefined();
  });

  test('says the same of a move however the price goes on', () => {
    const observe = aBreaker();
    observe(0, 4000);
    const degraded = observe(20, 4041);
    const late = observe(21, 4055, { at: at(20.9) });
    expect([late, observe(22, 4001)]).toEqual([degraded, degraded]);
  });

  test('counts a move there and back as one', () => {
    const observe = aBreaker();
    observe(0, 4000);
    observe(10, 3960);
    expect(observe(20, 4000)).toMatchObject({ state: 'DEGRADED', until: at(70) });
  });

  test('halts at two percent for two minutes, whatever comes then', () => {
    const observe = aBreaker();
    observe(0, 4000);
    const halted = { state: 'HALTED', reason: 'The price moved by 2 % or more within a minute', until: at(150) };
    expect(observe(30, 4080)).toEqual(halted);
    expect(observe(31, 4000)).toEqual(halted);
    expect(observe(149.999, 5000)).toEqual(halted);
  });

  test('compares anew behind a halt, and halts again when it goes on', () => {
    const observe = aBreaker();
    observe(0, 4000);
    observe(30, 4080);
    observe(140, 6000);
    expect(observe(150, 4300)).toBeUndefined();
    expect(observe(160, 4386)).toMatchObject({ state: 'HALTED', until: at(280) });
  });

  test('compares anew behind a halt that was shorter than the minute', () => {
    const observe = aBreaker({ haltMs: 5_000 });
    observe(0, 4000);
    expect(observe(30, 4080)).toMatchObject({ until: at(35) });
    expect(observe(35, 4080)).toBeUndefined();
  });

  test('halts without an end while too few sources are fresh', () => {
    const observe = aBreaker({ quorum: 2 });
    const halted = { state: 'HALTED', reason: '1 of 2 sources that are needed say a price', until: null };
    expect(observe(1, 4000, { freshSources: 2 })).toBeUndefined();
    expect(observe(2, 4100)).toEqual(halted);
    expect(observe(3, 4100, { freshSources: 2 })).toMatchObject({ state: 'HALTED', until: at(122) });
  });

  test('gives sources ten seconds to begin before too few of them count', () => {
    const observe = aBreaker({ quorum: 2 });
    expect([observe(0, 4000), observe(9.9, 4000)]).toEqual([undefined, undefined]);
    expect(observe(10, 4000)).toMatchObject({ state: 'HALTED', until: null });
  });

  test('goes on with what another process has said: a halt until its end, a lost quorum at once, the price itself', () => {
    const resumed = (said: Breaker | undefined, quorum = 1) => {
      const breaker = createBreaker({ ...limits, quorum });
      breaker.resume({ mid: 4000, at: start }, said);
      return (second: number, mid: number, freshSources = 1) =>
        breaker.observe({ mid, at: at(second), now: at(second), freshSources, isOpen: true })?.state;
    };
    const halted = resumed({ state: 'HALTED', reason: 'The price moved', until: at(60) });
    expect([halted(1, 4000), halted(59, 4000), halted(60, 4000)]).toEqual(['HALTED', 'HALTED', undefined]);
    expect(resumed({ state: 'HALTED', reason: '1 of 2', until: null }, 2)(1, 4000)).toBe('HALTED');
    expect(resumed(undefined)(1, 4100)).toBe('HALTED');
    expect(resumed(undefined)(1, 4039)).toBeUndefined();
  });

  test('looks only at an open market, and compares its first price with nothing', () => {
    const observe = aBreaker();
    observe(0, 4000);
    expect(observe(10, 4200, { isOpen: false, freshSources: 0 })).toBeUndefined();
    expect(observe(20, 4400)).toBeUndefined();
  });

  test('measures the minute by the time of the market, of a recording that is played again as well', () => {
    const observe = aBreaker();
    observe(0, 4000, { at: 1_000_000 });
    expect(observe(0.1, 4100, { at: 1_060_001 })).toBeUndefined();
    expect(observe(0.2, 4000, { at: 900_000 })).toBeUndefined();
    expect(observe(0.3, 4040, { at: 930_000 })).toMatchObject({ state: 'DEGRADED', until: at(0.3) + 30_000 });
  });

  test('is not misled by sources whose clocks differ', () => {
    const observe = aBreaker();
    observe(0, 4000, { at: at(5) });
    observe(1, 4001, { at: at(1) });
    expect(observe(61, 4041, { at: at(61) })).toMatchObject({ state: 'DEGRADED', until: at(65) });
    const other = aBreaker();
    other(0, 4000, { at: at(5) });
    other(1, 3990, { at: at(1) });
    expect(other(62, 4030, { at: at(62) })).toMatchObject({ state: 'DEGRADED' });
  });
});

test('extremes of a span are those of all that is in it', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 50 })), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (moves) => {
      const extremes = createSlidingExtremes(100);
      const all: { at: number; value: number }[] = [];
      let now = 0;
      for (const [later, value] of moves) {
        now += later;
        extremes.add({ at: now, value });
        all.push({ at: now, value });
        const values = all.filter((point) => point.at >= now - 100).map((point) => point.value);
        expect(extremes.lowest()!.value).toBe(Math.min(...values));
        expect(extremes.highest()!.value).toBe(Math.max(...values));
      }
    }),
  );
});
