import type { ServerResponse } from 'node:http';
import type { Caller } from '#shared/caller.ts';
import type { SessionWatch } from '../../security/session-watch.ts';
import type { Backlogs, Outlet } from './backlog.ts';
import type { Heartbeats } from './heartbeats.ts';
import { streamHeaders, type StreamFormat } from './stream-format.ts';
import type { Ending, JoinedStream, ReconnectReason, Subscriber } from '../stream-message.ts';
import type { ClosingReason, ClientMetrics } from './client-metrics.ts';

/** A response that is held open for one subscription. */
export type HttpStream = {
  /** Asks the client to connect again. */
  retire(reason: ReconnectReason): void;
  isOver(): boolean;
};

type Left = 'disconnected' | ReconnectReason;

/**
 * Answers with a stream until it ends, the client goes away, falls too far behind, or is no longer allowed to follow it.
 * The client's side is left exactly once, at once.
 * @param options.lastBytesMs how long the client has to take the last bytes, once they are written, before it is cut
 */
export function holdOpen(options: {
  response: ServerResponse;
  format: StreamFormat;
  join: (subscriber: Subscriber) => JoinedStream;
  caller: Caller;
  /** Whether the client comes back by itself when the response ends, as EventSource does. */
  returnsAlone: boolean;
  returnAfterMs: number;
  watch: SessionWatch['watch'];
  backlogs: Backlogs;
  /** Two beats of these are the longest that nothing is sent. */
  heartbeats: Heartbeats;
  lastBytesMs: number;
  metrics: ClientMetrics;
  onOver: (stream: HttpStream) => void;
}): HttpStream {
  // No function below holds the options: the request would stay in memory for as long as the stream.
  const { response, format, metrics, returnsAlone, lastBytesMs, onOver } = options;
  let joined: JoinedStream | undefined = undefined;
  let closing: ClosingReason | undefined;
  let left: Left | undefined;
  let isSilent = false;
  let unwatch: (() => void) | undefined;
  const timers: NodeJS.Timeout[] = [];

  const outlet: Outlet = {
    // Until it has been joined nobody knows, and nothing is left out.
    isConflatable: false,
    send(message) {
      isSilent = false;
      response.write(format.frame(message));
    },
  };
  const backlog = options.backlogs.open(response, () => {
    // Nothing that is written now would reach the client. Its connection is cut, on which every client comes back.
    finish('too_slow');
    response.destroy();
  });
  const stopBeating = options.heartbeats.add({
    beat() {
      // A client that reads slowly needs no proof that the connection lives, and one that has just had a price has it.
      const isDue = isSilent && !response.writableNeedDrain;
      if (isDue) response.write(format.heartbeat);
      isSilent = !isDue;
    },
  });

  /** @param why the client's side ends, where it is not the stream that has ended */
  function finish(why: Left | undefined, ending?: Ending): void {
    if (closing) return;
    closing = ending?.kind === 'reconnect' ? ending.reason : (why ?? 'completed');
    left = why;
    stopBeating();
    unwatch?.();
    if (why) joined?.leave(why);
    if (ending) end(ending);
    onOver(stream);
  }

  function end(ending: Ending): void {
    const lastBytes = format.ending(ending, returnsAlone);
    // What waits before them may take as long as the backlog lets it.
    const endNow = () => {
      response.end(lastBytes);
      timers.push(setTimeout(() => response.destroy(), lastBytesMs).unref());
    };
    const endSoon = () => timers.push(setTimeout(endNow, format.quietMs));
    backlog.whenSent(outlet, ending.kind === 'reconnect' && format.quietMs > 0 ? endSoon : endNow);
  }

  const stream: HttpStream = {
    retire: (reason) => finish(reason, { kind: 'reconnect', reason }),
    isOver: () => closing !== undefined,
  };

  metrics.connections[format.kind] += 1;
  response.once('close', () => {
    for (const timer of timers) clearTimeout(timer);
    finish('disconnected');
    backlog.close();
    metrics.connections[format.kind] -= 1;
    metrics.clientClosed(format.kind, closing!);
  });
  // Its connection is of no use to anybody when it ends, and should not be waited for when the gateway closes.
  response.shouldKeepAlive = false;
  response.writeHead(200, streamHeaders(format));
  response.write(format.opening(options.returnAfterMs));
  joined = options.join({
    deliver: (message) => backlog.offer(outlet, message),
    whenSent: (then) => backlog.whenSent(outlet, then),
    end: (ending) => finish(undefined, ending),
  });
  outlet.isConflatable = joined.isConflatable;
  if (left) joined.leave(left);
  else if (joined.isPersonal && !closing) unwatch = options.watch(options.caller, stream.retire);
  return stream;
}
