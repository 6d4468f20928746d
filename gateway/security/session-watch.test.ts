import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { anonymous, type Caller } from '#shared/caller.ts';
import { createSessionWatch, type SessionEnd, type SessionWatch } from './session-watch.ts';

let ended: Set<string>;
let tell: (sessionId: string) => void;
let watch: SessionWatch;

beforeEach(() => {
  jest.useFakeTimers({ now: Date.parse('2026-11-20T10:00:00.400Z'), doNotFake: ['queueMicrotask'] });
  ended = new Set();
  const listeners = new Set<(sessionId: string) => void>();
  tell = (sessionId) => {
    ended.add(sessionId);
    for (const listener of listeners) listener(sessionId);
  };
  watch = createSessionWatch({
    endedSessions: {
      has: (sessionId) => ended.has(sessionId),
      onEnded: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  });
});
afterEach(() => {
  watch.close();
  jest.useRealTimers();
});

/** Somebody whose token expires at a whole second, so many seconds after ten o'clock. */
function caller(sessionId: string, expiresAfterSeconds: number): Caller {
  const expiresAt = Date.parse('2026-11-20T10:00:00Z') + expiresAfterSeconds * 1_000;
  return { kind: 'user', userId: 'user-1', roles: ['CUSTOMER'], sessionId, expiresAt };
}

/** Watches and notes what it is told. */
function follow(who: Caller): { told: SessionEnd[]; unwatch: () => void } {
  const told: SessionEnd[] = [];
  return { told, unwatch: watch.watch(who, (reason) => told.push(reason)) };
}

describe('a watch over a session', () => {
  test('tells once when the access token expires, and not before', () => {
    const { told } = follow(caller('a', 600));
    jest.advanceTimersByTime(599_599);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['token_expired']);
    tell('a');
    jest.advanceTimersByTime(3_600_000);
    expect(told).toEqual(['token_expired']);
  });

  test('tells once when the session ends, and nobody of other sessions', () => {
    const [tab, otherTab, elsewhere] = [follow(caller('a', 600)), follow(caller('a', 300)), follow(caller('b', 600))];
    tell('a');
    expect([tab.told, otherTab.told, elsewhere.told]).toEqual([['session_ended'], ['session_ended'], []]);
    tell('a');
    jest.advanceTimersByTime(600_000);
    expect([tab.told, otherTab.told, elsewhere.told]).toEqual([
      ['session_ended'],
      ['session_ended'],
      ['token_expired'],
    ]);
  });

  test('tells of a session that has ended already, but not before it has returned', async () => {
    tell('a');
    const { told } = follow(caller('a', 600));
    expect(told).toEqual([]);
    await Promise.resolve();
    expect(told).toEqual(['session_ended']);
  });

  test('tells of a token that has expired already, but not before it has returned', () => {
    const { told } = follow(caller('a', 0));
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['token_expired']);
  });

  test('tells everyone in the order in which their tokens expire, whoever came first', () => {
    const told: number[] = [];
    for (const seconds of [30, 10, 20, 10]) watch.watch(caller('a', seconds), () => told.push(seconds));
    jest.advanceTimersByTime(30_000);
    expect(told).toEqual([10, 10, 20, 30]);
  });

  test('says nothing of who is no longer watched', async () => {
    tell('c');
    const all = [follow(caller('a', 10)), follow(caller('b', 10)), follow(caller('c', 10))];
    for (const { unwatch } of all) unwatch();
    await Promise.resolve();
    tell('b');
    jest.advanceTimersByTime(20_000);
    expect(all.map(({ told }) => told)).toEqual([[], [], []]);
    for (const { unwatch } of all) unwatch();
  });

  test('may be ended, or begun anew with a renewed token, while others are being told', () => {
    const [told, renewed]: SessionEnd[][] = [[], []];
    const unwatchOther: (() => void)[] = [];
    watch.watch(caller('a', 10), (reason) => {
      told!.push(reason);
      unwatchOther[0]!();
      watch.watch(caller('a', 20), (again) => renewed!.push(again));
    });
    unwatchOther[0] = watch.watch(caller('b', 10), (reason) => told!.push(reason));
    jest.advanceTimersByTime(10_000);
    expect([told, renewed]).toEqual([['token_expired'], []]);
    jest.advanceTimersByTime(10_000);
    expect([told, renewed]).toEqual([['token_expired'], ['token_expired']]);
  });

  test('has nothing to tell of who is not signed in', () => {
    const { told, unwatch } = follow(anonymous);
    jest.advanceTimersByTime(3_600_000);
    unwatch();
    expect(told).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('takes one timer, however many are watched, and none when nobody is', () => {
    const all = Array.from({ length: 10_000 }, (_, index) => follow(caller(`session-${index}`, 60 + (index % 600))));
    expect(jest.getTimerCount()).toBe(1);
    for (const { unwatch } of all) unwatch();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('waits for a token of a far future, too', () => {
    const { told } = follow(caller('a', 40 * 86_400));
    jest.advanceTimersByTime(39 * 86_400_000);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(86_400_000);
    expect(told).toEqual(['token_expired']);
  });
});
