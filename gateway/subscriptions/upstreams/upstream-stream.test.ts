import { expect, test } from '@jest/globals';
import type { Client } from 'graphql-ws';
import { createLogger } from '#shared/logger.ts';
import { upstreamEvents, UpstreamRefusal } from './upstream-stream.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const priceOf = (sequence: number) => ({ data: { price: sequence }, extensions: { sequence } });
const refusal = (code: string, retryable: boolean) => [{ message: code, extensions: { code, retryable } }];

/** A subgraph that answers each subscription in turn with some events, and then as it is told: a refusal, or the end. */
function aSubgraph(answers: { events: object[]; thenThrows?: unknown }[]) {
  const asked: string[] = [];
  const client = {
    iterate: ({ query }: { query: string }) => {
      asked.push(query);
      const { events, thenThrows } = answers.shift()!;
      return (async function* () {
        yield* events;
        if (thenThrows) throw thenThrows;
      })();
    },
  } as unknown as Client;
  const events = upstreamEvents({
    client: () => client,
    operationBehind: (sequence) => (sequence === undefined ? 'begin' : `resume behind ${sequence}`),
    signal: new AbortController().signal,
    logger,
  });
  return { asked, events };
}
const all = async (events: AsyncIterable<{ sequence?: number | undefined }>) => {
  const received: (number | undefined)[] = [];
  for await (const { sequence } of events) received.push(sequence);
  return received;
};

test('a stream that is lost goes on behind its last event', async () => {
  const { asked, events } = aSubgraph([
    { events: [priceOf(1), priceOf(2)], thenThrows: new Error('the connection is lost') },
    { events: [priceOf(3)] },
  ]);
  expect(await all(events)).toEqual([1, 2, 3]);
  expect(asked).toEqual(['begin', 'resume behind 2']);
});

test('a resumption that is refused for a moment is tried again', async () => {
  const lost = new Error('the connection is lost');
  const { asked, events } = aSubgraph([
    { events: [priceOf(1)], thenThrows: lost },
    { events: [], thenThrows: refusal('TICK_UNAVAILABLE', true) },
    { events: [priceOf(2)] },
  ]);
  expect(await all(events)).toEqual([1, 2]);
  expect(asked).toEqual(['begin', 'resume behind 1', 'resume behind 1']);
});

test('a refusal that will not change, or of what has not begun, is the client’s', async () => {
  const lost = new Error('the connection is lost');
  const forbidden = aSubgraph([
    { events: [priceOf(1)], thenThrows: lost },
    { events: [], thenThrows: refusal('FORBIDDEN', false) },
  ]);
  await expect(all(forbidden.events)).rejects.toThrow(UpstreamRefusal);
  const unavailable = aSubgraph([{ events: [], thenThrows: refusal('TICK_UNAVAILABLE', true) }]);
  await expect(all(unavailable.events)).rejects.toThrow(UpstreamRefusal);
});

test('a stream that cannot be resumed begins anew, and says behind what there is a gap', async () => {
  const { asked, events } = aSubgraph([
    { events: [priceOf(1)], thenThrows: new Error('the connection is lost') },
    { events: [], thenThrows: refusal('SEQUENCE_TOO_OLD', false) },
    { events: [priceOf(9), priceOf(10)] },
  ]);
  const received = [];
  for await (const event of events) received.push([event.sequence, event.extensions]);
  expect(received).toEqual([
    [1, undefined],
    [9, { gap: { after: '1' } }],
    [10, undefined],
  ]);
  expect(asked).toEqual(['begin', 'resume behind 1', 'begin']);
});
