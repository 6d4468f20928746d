import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judgeRefreshToken, refreshExpiry } from './session.ts';

const now = new Date('2026-11-20T10:00:00Z');
const at = (milliseconds: number) => new Date(now.getTime() + milliseconds);
const active = { endedAt: null, expiresAt: at(1) };
const judge = (token: Partial<Parameters<typeof judgeRefreshToken>[0]>, session = active, graceMs = 10_000) =>
  judgeRefreshToken({ expiresAt: at(1), usedAt: null, hasUsedSuccessor: false, ...token }, session, { now, graceMs });

describe('a refresh token', () => {
  test.each([
    ['that is new works', {}, 'ROTATE'],
    ['that has expired does not', { expiresAt: now }, 'REFUSE'],
    ['that has expired says nothing about a thief', { expiresAt: now, usedAt: at(-60_000) }, 'REFUSE'],
    ['works again within the grace', { usedAt: at(-9_999) }, 'ROTATE'],
    ['ends its session after the grace', { usedAt: at(-10_000) }, 'END_SESSION'],
    ['ends its session when its successor was used', { usedAt: at(-1), hasUsedSuccessor: true }, 'END_SESSION'],
    ['works again where the clock of another server is ahead', { usedAt: at(50) }, 'ROTATE'],
  ])('%s', (_rule, token, verdict) => {
    expect(judge(token)).toBe(verdict);
  });

  test('of a session that is over is refused, whatever else is true of it', () => {
    const times = fc.integer({ min: -100_000, max: 100_000 }).map(at);
    const token = fc.record({ expiresAt: times, usedAt: fc.option(times), hasUsedSuccessor: fc.boolean() });
    fc.assert(fc.property(token, (any) => judge(any, { ...active, expiresAt: now }) === 'REFUSE'));
    fc.assert(fc.property(token, (any) => judge(any, { ...active, endedAt: at(-1) } as never) === 'REFUSE'));
  });

  test('works once exactly without a grace', () => {
    expect(judge({ usedAt: now }, active, 0)).toBe('END_SESSION');
  });

  test('expires with its session at the latest', () => {
    const lifetimes = { refreshMs: 1_000, sessionMaxMs: 9_000, graceMs: 0 };
    expect(refreshExpiry(now, at(5_000), lifetimes)).toEqual(at(1_000));
    expect(refreshExpiry(now, at(500), lifetimes)).toEqual(at(500));
  });
});
