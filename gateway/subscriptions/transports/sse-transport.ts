import type { Ending } from '../stream-message.ts';
import { areRetryable, framedOnce, type StreamFormat } from './stream-format.ts';

/** The `Last-Event-ID` of a client that comes back although its stream is over: EventSource does, unless its page closes it. */
export const completedId = 'complete';

/**
 * Server-sent events (HTML standard, 9.2) as graphql-sse has them in its "distinct connections mode": `next` events with
 * an execution result, then `complete`. Of an operation that can be resumed each event's `id` is its sequence, which
 * EventSource sends back by itself when it reconnects.
 *
 * A client that should connect again gets neither `complete` nor an error: on a stream that just ends, EventSource and
 * graphql-sse both come back. The reason stands in a comment, for people.
 */
export function createSseFormat(heartbeatMs = 12_000): StreamFormat {
  return {
    kind: 'sse',
    contentType: 'text/event-stream; charset=utf-8',
    heartbeatMs,
    heartbeat: Buffer.from(':\n\n'),
    quietMs: quietBeforeEndMs,
    opening: (returnAfterMs) => `retry: ${returnAfterMs}\n\n`,
    // Text made by JSON.stringify has no line breaks, so one `data` line always holds it.
    frame: framedOnce(({ body, sequence }) => {
      const id = sequence === undefined ? '' : `id: ${sequence}\n`;
      return Buffer.concat([Buffer.from(`event: next\n${id}data: `), body, Buffer.from('\n\n')]);
    }),
    single: (json) => next(json) + complete,
    ending,
  };
}

/**
 * graphql-sse in a browser waits for ever when it reads an event and the end of its stream in one piece: it comes back only
 * when it has taken in the event before. Most of its streams hang in Chromium without this pause, and none with it.
 */
const quietBeforeEndMs = 250;

/** An empty `data` line, without which EventSource would not tell its page; no space behind it, which urql takes for data. */
const complete = `event: complete\nid: ${completedId}\ndata:\n\n`;

function next(json: string): string {
  return `event: next\ndata: ${json}\n\n`;
}

function ending(ending: Ending, returnsAlone: boolean): string {
  if (ending.kind === 'complete') return complete;
  if (ending.kind === 'reconnect') return `: ${ending.reason}\n\n`;
  const errors = next(JSON.stringify({ errors: ending.errors }));
  return returnsAlone && areRetryable(ending.errors) ? errors : errors + complete;
}
