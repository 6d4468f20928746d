import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createSharedUpstream, type SharedEvent } from './shared-upstream.ts';
import { settled } from '../streams/test/driven-stream.ts';
import type { UpstreamEvent } from './upstream-stream.ts';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

/** An upstream whose subgraph sends what the test says. */
function anUpstream() {
  let signal: AbortSignal | undefined;
  let next = Promise.withResolvers<UpstreamEvent | undefined>();
  const counts = { subscribed: 0, events: 0, ends: 0 };
  const upstream = createSharedUpstream({
    async *subscribe(given) {
      signal = given;
      counts.subscribed += 1;
      for (;;) {
        const event = await next.promise;
        next = Promise.withResolvers();
        if (!event) return;
        yield event;
      }
    },
    onEvent: () => (counts.events += 1),
    onFetch: () => undefined,
    onEnd: () => (counts.ends += 1),
  });
  const then = async (act: () => void) => {
    act();
    await settled();
  };
  return {
    upstream,
    counts,
    isAborted: () => signal!.aborted,
    send: (event: UpstreamEvent) => then(() => next.resolve(event)),
    complete: () => then(() => next.resolve(undefined)),
    fail: (error: Error) => then(() => next.reject(error)),
  };
}

function aConsumer() {
  const events: SharedEvent[] = [];
  const ends: unknown[][] = [];
  return {
    events,
    ends,
    event: (event: SharedEvent) => void events.push(event),
    ended: (...error: unknown[]) => void ends.push(error),
  };
}
const eventOf = (sequence?: number): UpstreamEvent => ({ data: { sequence }, sequence });

describe('one subscription for all', () => {
  test('hands the same event to all who are there, and keeps the last for who comes later', async () => {
    const { upstream, send, counts } = anUpstream();
    const [one, other] = [aConsumer(), aConsumer()];
    upstream.add(one);
    expect(upstream.latest()).toBeUndefined();
    await send(eventOf(1));
    upstream.add(other);
    await send(eventOf(2));
    expect(one.events.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(other.events).toEqual([upstream.latest()]);
    expect(other.events[0]).toBe(one.events[1]);
    expect(counts).toEqual({ subscribed: 1, events: 2, ends: 0 });
  });

  test('counts the events, also those that were read for some alone, and says what repeats', async () => {
    const { upstream, send } = anUpstream();
    const consumer = aConsumer();
    upstream.add(consumer);
    await send(eventOf(1));
    expect(upstream.share(eventOf(1)).isRepeat).toBe(false);
    for (const sequence of [1, 2, 2, undefined, undefined]) await send(eventOf(sequence));
    expect(consumer.events.map(({ isRepeat }) => isRepeat)).toEqual([false, true, false, true, false, false]);
    const ordinals = consumer.events.map(({ ordinal }) => ordinal);
    expect(ordinals).toEqual(ordinals.toSorted((a, b) => a - b));
    expect(new Set(ordinals).size).toBe(ordinals.length);
  });
});

describe('it stays for a second when its last consumer has gone', () => {
  test('and ends then', async () => {
    const { upstream, send, counts, isAborted } = anUpstream();
    const consumer = aConsumer();
    upstream.add(consumer);
    upstream.remove(consumer);
    jest.advanceTimersByTime(999);
    expect([isAborted(), counts.ends]).toEqual([false, 0]);
    jest.advanceTimersByTime(1);
    expect([isAborted(), counts.ends]).toEqual([true, 1]);
    await send(eventOf(1));
    expect([counts.events, consumer.ends]).toEqual([0, []]);
  });

  test('and goes on when another comes in time', async () => {
    const { upstream, send, counts } = anUpstream();
    const [one, other] = [aConsumer(), aConsumer()];
    upstream.add(one);
    upstream.remove(one);
    jest.advanceTimersByTime(900);
    upstream.add(other);
    jest.advanceTimersByTime(10_000);
    await send(eventOf(1));
    expect([counts.ends, one.events.length, other.events.length]).toEqual([0, 0, 1]);
    upstream.remove(other);
    jest.advanceTimersByTime(999);
    expect(counts.ends).toBe(0);
  });
});

describe('it ends once, and its consumers are told once', () => {
  test('when its subgraph has no more to tell', async () => {
    const { upstream, complete, counts } = anUpstream();
    const consumer = aConsumer();
    upstream.add(consumer);
    await complete();
    upstream.close();
    expect([counts.ends, consumer.ends]).toEqual([1, [[undefined]]]);
  });

  test('when it is refused: consumers are told why', async () => {
    const { upstream, fail, counts } = anUpstream();
    const consumers = [aConsumer(), aConsumer()];
    for (const consumer of consumers) upstream.add(consumer);
    const error = new Error('refused');
    await fail(error);
    expect([counts.ends, ...consumers.map(({ ends }) => ends)]).toEqual([1, [[error]], [[error]]]);
  });

  test('when it is closed, although consumers leave while they are told', async () => {
    const { upstream, counts, isAborted } = anUpstream();
    const one = aConsumer();
    const leaving = { ...aConsumer(), ended: () => [one, leaving].forEach((each) => upstream.remove(each)) };
    upstream.add(leaving);
    upstream.add(one);
    upstream.close();
    upstream.close();
    await settled();
    jest.advanceTimersByTime(2_000);
    expect([counts.ends, isAborted()]).toEqual([1, true]);
  });
});
