import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { driveStream, settled } from './test/driven-stream.ts';
import type { UpstreamEvent } from '../upstreams/upstream-stream.ts';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());
/** Milliseconds go by; the last message is as good as a new one for a second. */
const pass = (milliseconds: number) => jest.advanceTimersByTime(milliseconds);
const aWhile = 1_001;

const eventOf = (sequence: number, name = String(sequence)): UpstreamEvent => ({ data: { name }, sequence });
const unnumbered = (name: string): UpstreamEvent => ({ data: { name } });
type Driven = ReturnType<typeof driveStream>;
const publish = async (driven: Driven, ...sequences: number[]) => {
  for (const sequence of sequences) {
    driven.emit(eventOf(sequence));
    await driven.finish(String(sequence));
  }
};
const complete = { kind: 'complete' } as const;
const comeBack = { kind: 'reconnect', reason: 'schema_changed' } as const;

describe('who joins is given the current state at once', () => {
  test('the first event, when none has come yet', async () => {
    const driven = driveStream();
    const client = driven.join();
    await publish(driven, 1, 2);
    expect(client.received).toEqual(['1', '2']);
  });

  test('the last message, while it is new: nothing is executed for it', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 1);
    pass(900);
    const client = driven.join();
    expect([client.received, driven.executions, driven.own]).toEqual([['1'], [], []]);
    await publish(driven, 2);
    expect(client.received).toEqual(['1', '2']);
  });

  test('the last event of the upstream, while that is new, executed once for all who have come', async () => {
    const driven = driveStream({ latest: eventOf(5) });
    const clients = [driven.join(), driven.join()];
    await settled();
    await driven.finish('5');
    expect(clients.map(({ received }) => received)).toEqual([['5'], ['5']]);
    await publish(driven, 6);
    expect(clients.map(({ received }) => received)).toEqual([
      ['5', '6'],
      ['5', '6'],
    ]);
    expect([driven.executions, driven.own]).toEqual([[], []]);
  });

  test('what the subgraph tells when it is asked anew, once for all, when the last event is old', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 1);
    pass(aWhile);
    const clients = [driven.join(), driven.join()];
    expect(driven.own.map(({ after }) => after)).toEqual([undefined]);
    driven.own[0]!.send(eventOf(3));
    await settled();
    expect(driven.own[0]!.isOver()).toBe(true);
    await driven.finish('3');
    // The stream itself is behind: what it tells then is known already.
    await publish(driven, 2, 3, 4);
    expect(clients.map(({ received }) => received)).toEqual([
      ['3', '4'],
      ['3', '4'],
    ]);
  });

  test('the last event, however old, when the subgraph does not answer', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 1);
    pass(aWhile);
    const client = driven.join();
    driven.own[0]!.fail(new Error('away'));
    await settled();
    await driven.finish('1');
    expect(client.received).toEqual(['1']);
  });

  test('an event that comes before it instead of it', async () => {
    const driven = driveStream({ latest: eventOf(5) });
    const client = driven.join();
    await settled();
    driven.emit(eventOf(6));
    await driven.finish('6', '5');
    expect(client.received).toEqual(['6']);
    await publish(driven, 7);
    expect(client.received).toEqual(['6', '7']);
  });

  test('not one that has become old while it was slowly executed', async () => {
    const driven = driveStream({ latest: eventOf(5) });
    const early = driven.join();
    await settled();
    await publish(driven, 6);
    pass(aWhile);
    const late = driven.join();
    await driven.finish('5');
    expect([early.received, late.received]).toEqual([['6'], []]);
    driven.own[0]!.send(eventOf(6));
    await settled();
    await driven.finish('6');
    await publish(driven, 7);
    expect(late.received).toEqual(['6', '7']);
  });

  test('once, also where events have no sequence', async () => {
    const driven = driveStream({ isResumable: false });
    driven.join();
    driven.emit(unnumbered('a'));
    await driven.finish('a');
    driven.emit(unnumbered('b'));
    pass(aWhile);
    driven.emit(unnumbered('c'));
    const client = driven.join();
    await settled();
    // The client's own execution is done first; then the stream's, in order.
    driven.executions.findLast(({ name }) => name === 'c')!.finish();
    await settled();
    const another = driven.join();
    await driven.finish('b', 'c');
    driven.emit(unnumbered('d'));
    await driven.finish('d');
    expect([client.received, another.received]).toEqual([
      ['c', 'd'],
      ['c', 'd'],
    ]);
  });
});

describe('an event that tells a sequence once more', () => {
  const stale = eventOf(1, '1 is stale');
  test('reaches everybody once, also who has just been given that sequence', async () => {
    const driven = driveStream({ latest: eventOf(1) });
    const early = driven.join();
    await settled();
    await driven.finish('1');
    driven.emit(stale);
    const late = driven.join();
    await driven.finish('1 is stale');
    const latest = driven.join();
    await publish(driven, 2);
    expect(early.received).toEqual(['1', '1 is stale', '2']);
    expect(late.received).toEqual(['1', '1 is stale', '2']);
    expect(latest.received).toEqual(['1 is stale', '2']);
  });

  test('is replayed to who resumes behind that sequence', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 1);
    driven.emit(stale);
    await driven.finish('1 is stale');
    expect(driven.join('1').received).toEqual(['1 is stale']);
  });
});

describe('who resumes', () => {
  test('is replayed from what was sent not long ago', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 1, 2, 3);
    const client = driven.join('1');
    expect([client.received, driven.own]).toEqual([['2', '3'], []]);
    await publish(driven, 4);
    expect(client.received).toEqual(['2', '3', '4']);
  });

  test('from longer ago by a subscription of its own, until that reaches what the stream still has', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 5, 6);
    const client = driven.join('3');
    const [own] = driven.own;
    expect(own!.after).toBe('3');
    own!.send(eventOf(4));
    await settled();
    await driven.finish('4');
    own!.send(eventOf(5));
    await settled();
    await driven.finish('5');
    expect([client.received, own!.isOver()]).toEqual([['4', '5', '6'], true]);
    await publish(driven, 7);
    expect(client.received).toEqual(['4', '5', '6', '7']);
  });

  test('goes on with the others by an event of theirs, and is not sent what was under way for it alone', async () => {
    const driven = driveStream();
    const client = driven.join('3');
    for (const sequence of [4, 5, 6]) {
      driven.own[0]!.send(eventOf(sequence));
      await settled();
      if (sequence < 6) await driven.finish(String(sequence));
    }
    await publish(driven, 5);
    expect(driven.own[0]!.isOver()).toBe(true);
    await driven.finish('6');
    expect(client.received).toEqual(['4', '5']);
    await publish(driven, 6, 7);
    expect(client.received).toEqual(['4', '5', '6', '7']);
  });

  test('is not sent the next before it has taken in the last', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 9);
    const client = driven.join('3', { isSlow: true });
    for (const sequence of [4, 5]) driven.own[0]!.send(eventOf(sequence));
    await settled();
    await driven.finish('4');
    expect(driven.executions).toEqual([]);
    client.drain();
    await settled();
    await driven.finish('5');
    expect(client.received).toEqual(['4', '5']);
  });

  test('behind what was left out is told it by its subgraph', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 1);
    for (const sequence of [2, 3, 4, 5, 6, 7]) driven.emit(eventOf(sequence));
    expect(driven.conflated()).toBe(1);
    await driven.finish('2', '3', '4', '5', '7');
    driven.join('4');
    driven.join('7');
    expect(driven.own.map(({ after }) => after)).toEqual(['4']);
  });

  test('learns of a gap by the next event, when the one that told of it was left out', async () => {
    const driven = driveStream();
    driven.join();
    for (const sequence of [1, 2, 3, 4]) driven.emit(eventOf(sequence));
    driven.emit({ ...eventOf(9), extensions: { gap: { after: '4' } } });
    driven.emit(eventOf(10));
    driven.emit(eventOf(11));
    expect(driven.conflated()).toBe(2);
    await driven.finish('1', '11');
    expect(driven.told).toEqual(['11: gap behind 4']);
  });

  test('behind what the stream itself has missed is told it by its subgraph', async () => {
    const driven = driveStream();
    driven.join();
    await publish(driven, 1, 2);
    driven.emit({ ...eventOf(9), extensions: { gap: { after: '2' } } });
    await driven.finish('9');
    driven.join('2');
    driven.join('9');
    expect(driven.own.map(({ after }) => after)).toEqual(['2']);
  });

  test.each(['99', 'soon', '', '1e0', '-1'])(
    'behind "%s", which it cannot have seen, is answered by the subgraph',
    async (after) => {
      const driven = driveStream();
      driven.join();
      await publish(driven, 1);
      const client = driven.join(after);
      expect(driven.own[0]!.after).toBe(after);
      driven.own[0]!.fail('refused');
      await settled();
      expect([client.received, client.endings]).toEqual([[], [{ kind: 'error', errors: [{ message: 'refused' }] }]]);
    },
  );
});

describe('where every event counts', () => {
  test('who joins later begins with a subscription of its own, and goes on with the others', async () => {
    const driven = driveStream({ isConflatable: false });
    driven.join();
    await publish(driven, 1, 2);
    const client = driven.join();
    driven.own[0]!.send(eventOf(2));
    await settled();
    await driven.finish('2');
    expect([client.received, driven.own[0]!.isOver()]).toEqual([['2'], true]);
    await publish(driven, 3);
    expect(client.received).toEqual(['2', '3']);
  });

  test('and events have no sequence, it stays with its own subscription to the end', async () => {
    const driven = driveStream({ isConflatable: false, isResumable: false });
    const first = driven.join();
    driven.emit(unnumbered('a'));
    await driven.finish('a');
    const client = driven.join();
    driven.own[0]!.send(unnumbered('state'));
    await settled();
    await driven.finish('state');
    driven.emit(unnumbered('b'));
    await driven.finish('b');
    expect([first.received, client.received]).toEqual([['a', 'b'], ['state']]);
    driven.own[0]!.complete();
    await settled();
    expect([first.endings, client.endings]).toEqual([[], [complete]]);
  });

  test('clients who cannot be sent them in time are asked to come back', async () => {
    const driven = driveStream({ isConflatable: false });
    const client = driven.join();
    for (let sequence = 1; sequence <= 1_001; sequence += 1) driven.emit(eventOf(sequence));
    expect(client.endings).toEqual([{ kind: 'reconnect', reason: 'too_slow' }]);
    expect([driven.ends(), driven.consumers()]).toEqual([1, 0]);
  });
});

test('a subgraph that counts anew is followed, by those too who have just joined', async () => {
  const driven = driveStream();
  const early = driven.join();
  await publish(driven, 100);
  const late = driven.join();
  driven.emit({ ...eventOf(1), extensions: { gap: { after: '100' } } });
  await driven.finish('1');
  await publish(driven, 2);
  expect([early.received, late.received]).toEqual([
    ['100', '1', '2'],
    ['100', '1', '2'],
  ]);
  driven.join('50');
  expect([driven.own.map(({ after }) => after), driven.join('1').received]).toEqual([['50'], ['2']]);
});

describe('the end', () => {
  test('who leaves is sent nothing more, at whatever moment', async () => {
    const driven = driveStream();
    const stays = driven.join();
    await publish(driven, 5);
    const live = driven.join();
    const resuming = driven.join('3');
    driven.own[0]!.send(eventOf(4));
    await settled();
    driven.emit(eventOf(6));
    for (const client of [live, resuming]) client.leave();
    await driven.finish('4', '6');
    pass(aWhile);
    const waiting = driven.join();
    waiting.leave();
    await publish(driven, 7);
    expect([live.received, resuming.received, waiting.received]).toEqual([['5'], [], []]);
    expect([stays, live, resuming, waiting].some(({ wasDisturbed }) => wasDisturbed)).toBe(false);
    expect(driven.own[0]!.isOver()).toBe(true);
    expect(stays.received).toEqual(['5', '6', '7']);
  });

  test('it is over when the last client has gone', async () => {
    const driven = driveStream();
    const clients = [driven.join(), driven.join('3')];
    clients[0]!.leave();
    expect(driven.ends()).toBe(0);
    for (const client of [...clients, ...clients]) client.leave();
    expect([driven.ends(), driven.consumers(), clients.flatMap(({ endings }) => endings)]).toEqual([1, 0, []]);
  });

  test('when the subgraph has told all, clients get it all before they are told', async () => {
    const driven = driveStream();
    const client = driven.join();
    driven.emit(eventOf(1));
    driven.endUpstream();
    await settled();
    expect([driven.ends(), client.endings]).toEqual([1, []]);
    await driven.finish('1');
    expect([client.received, client.endings]).toEqual([['1'], [complete]]);
  });

  test('who waits for the current state then gets that first', async () => {
    const driven = driveStream({ latest: eventOf(1) });
    const client = driven.join();
    await settled();
    driven.endUpstream();
    await settled();
    expect(client.endings).toEqual([]);
    await driven.finish('1');
    expect([client.received, client.endings]).toEqual([['1'], [complete]]);
  });

  test('who is still being brought up to date then goes on to the end alone', async () => {
    const driven = driveStream();
    const live = driven.join();
    await publish(driven, 5);
    const client = driven.join('3');
    driven.endUpstream();
    await settled();
    expect([live.endings, client.endings]).toEqual([[complete], []]);
    for (const sequence of [4, 5]) {
      driven.own[0]!.send(eventOf(sequence));
      await settled();
      await driven.finish(String(sequence));
    }
    driven.own[0]!.complete();
    await settled();
    expect([client.received, client.endings]).toEqual([['4', '5'], [complete]]);
    expect(driven.consumers()).toBe(0);
  });

  test('when the subgraph refuses, all are told, those too who are being brought up to date', async () => {
    const driven = driveStream();
    const clients = [driven.join(), driven.join('3')];
    driven.endUpstream('forbidden');
    await settled();
    const refusal = { kind: 'error', errors: [{ message: 'forbidden' }] };
    expect(clients.map(({ endings }) => endings)).toEqual([[refusal], [refusal]]);
    expect([driven.ends(), driven.own[0]!.isOver()]).toEqual([1, true]);
  });

  test('closed, it tells each client once, and nothing that is under way is sent', async () => {
    const driven = driveStream();
    const clients = [driven.join(), driven.join('3')];
    driven.emit(eventOf(1));
    driven.stream.close(comeBack);
    driven.stream.close(complete);
    await driven.finish('1');
    driven.endUpstream();
    await settled();
    expect(clients.map(({ received, endings }) => [received, endings])).toEqual([
      [[], [comeBack]],
      [[], [comeBack]],
    ]);
  });
});

describe('a stream that a new schema has changed', () => {
  test('goes on for each client until it is asked to come back, one after the other', async () => {
    const driven = driveStream();
    const clients = [driven.join(), driven.join(), driven.join('3'), driven.join()];
    await publish(driven, 9);
    driven.stream.retire(comeBack, 4_000);
    expect(driven.ends()).toBe(1);
    await publish(driven, 10);
    const ended = () => clients.filter(({ endings }) => endings.length > 0).length;
    const seen: number[] = [];
    for (let second = 0; second < 4; second += 1) {
      pass(1_000);
      seen.push(ended());
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(clients.map(({ endings }) => endings)).toEqual(clients.map(() => [comeBack]));
    expect([clients[0]!.received, driven.consumers()]).toEqual([['9', '10'], 0]);
  });

  test.each([undefined, 'refused'])(
    'asks them to come back at once when its upstream ends before (%s)',
    async (error) => {
      const driven = driveStream();
      const client = driven.join();
      driven.stream.retire(comeBack, 60_000);
      driven.endUpstream(error);
      await settled();
      expect([client.endings, driven.consumers()]).toEqual([[comeBack], 0]);
    },
  );
});
