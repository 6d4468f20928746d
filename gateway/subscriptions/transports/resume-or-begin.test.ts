import { expect, test } from '@jest/globals';
import { resumeOrBegin } from './resume-or-begin.ts';
import type { Ending, StreamMessage, Subscriber } from '../stream-message.ts';
import { aMessage } from './test/streaming-server.ts';

/** An operation that may be joined again and again; what a client gets and how it leaves is written down. */
function operation(isResumable = true) {
  const joins: { subscriber: Subscriber; after: string | undefined; left: string[] }[] = [];
  const received: (StreamMessage | Ending)[] = [];
  const prepared = {
    isResumable,
    join(subscriber: Subscriber, after?: string) {
      const left: string[] = [];
      joins.push({ subscriber, after, left });
      return { isConflatable: true, isPersonal: false, leave: (reason: string) => void left.push(reason) };
    },
  };
  const subscriber: Subscriber = {
    deliver: (message) => received.push(message),
    end: (ending) => received.push(ending),
  };
  return { prepared, subscriber, joins, received };
}

const refused = (code: string): Ending => ({ kind: 'error', errors: [{ message: '', extensions: { code } }] });

test.each(['SEQUENCE_TOO_OLD', 'SEQUENCE_AHEAD'])('a client that cannot be resumed (%s) begins anew', (code) => {
  const { prepared, subscriber, joins, received } = operation();
  const joined = resumeOrBegin('7', prepared, () => prepared)(subscriber);
  joins[0]!.subscriber.end(refused(code));
  expect(joins.map(({ after }) => after)).toEqual(['7', undefined]);
  const message = aMessage(9);
  joins[1]!.subscriber.deliver(message);
  expect(received).toEqual([message]);
  joined.leave('disconnected');
  expect(joins.map(({ left }) => left)).toEqual([[], ['disconnected']]);
});

test.each([
  ['is refused for another reason', refused('FORBIDDEN'), []],
  ['has been resumed and is refused later', refused('SEQUENCE_TOO_OLD'), [aMessage(8)]],
  ['has come to the end', { kind: 'complete' } as const, []],
])('a client that %s is told so', (_name, ending, messages) => {
  const { prepared, subscriber, joins, received } = operation();
  resumeOrBegin('7', prepared, () => prepared)(subscriber);
  for (const message of messages) joins[0]!.subscriber.deliver(message);
  joins[0]!.subscriber.end(ending);
  expect(received).toEqual([...messages, ending]);
  expect(joins).toHaveLength(1);
});

test('a client is told why it cannot be resumed when it is not let in again', () => {
  const { prepared, subscriber, joins, received } = operation();
  resumeOrBegin('7', prepared, () => undefined)(subscriber);
  joins[0]!.subscriber.end(refused('SEQUENCE_TOO_OLD'));
  expect(received).toEqual([refused('SEQUENCE_TOO_OLD')]);
});

test.each([undefined, '', '-1', '1.5', 'complete', '1'.repeat(20)])(
  '%p is no place to be resumed at',
  (lastEventId) => {
    const { prepared, subscriber, joins } = operation();
    resumeOrBegin(lastEventId, prepared, () => prepared)(subscriber);
    expect(joins[0]!.after).toBeUndefined();
  },
);

test('what cannot be resumed is not', () => {
  const { prepared, subscriber, joins } = operation(false);
  resumeOrBegin('7', prepared, () => prepared)(subscriber);
  expect(joins[0]!.after).toBeUndefined();
});
