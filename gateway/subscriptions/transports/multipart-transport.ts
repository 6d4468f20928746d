import type { Ending } from '../stream-message.ts';
import { areRetryable, framedOnce, reconnectError, type StreamFormat } from './stream-format.ts';

/** Ends a part's headers. */
const partHead = '\r\ncontent-type: application/json\r\n\r\n';
/** Ends a part, and begins the next: clients read a part only when they see the boundary behind it, so it is sent at once. */
const boundary = '\r\n--graphql';
const finalBoundary = '--\r\n';

/**
 * Apollo's "multipart subscription protocol" 1.0, as Apollo Router speaks it to Apollo Client for web, iOS and Kotlin:
 * parts `{"payload": <execution result>}`, heartbeats `{}`, and fatal errors `{"payload": null, "errors": […]}`.
 *
 * Apollo Client gives what stands in `payload.errors` to the application, and takes errors beside the payload for a failure
 * of the connection, which its RetryLink repeats. So an operation that is refused for good is told in the payload, and
 * what may be repeated, such as being asked to connect again, beside it.
 */
export function createMultipartFormat(heartbeatMs = 5_000): StreamFormat {
  return {
    kind: 'multipart',
    contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
    heartbeatMs,
    heartbeat: Buffer.from(part('{}')),
    quietMs: 0,
    opening: () => boundary + part('{}'),
    frame: framedOnce(({ body }) =>
      Buffer.concat([Buffer.from(`${partHead}{"payload":`), body, Buffer.from(`}${boundary}`)]),
    ),
    single: (json) => boundary + part(`{"payload":${json}}`) + finalBoundary,
    ending: (ending) => lastPart(ending) + finalBoundary,
  };
}

function part(json: string): string {
  return partHead + json + boundary;
}

function lastPart(ending: Ending): string {
  if (ending.kind === 'complete') return '';
  if (ending.kind === 'reconnect')
    return part(JSON.stringify({ payload: null, errors: [reconnectError(ending.reason)] }));
  const { errors } = ending;
  const message = areRetryable(errors) ? { payload: null, errors } : { payload: { data: null, errors } };
  return part(JSON.stringify(message));
}
