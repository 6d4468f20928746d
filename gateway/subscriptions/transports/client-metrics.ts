import { countedElsewhere, counter, gauge, type Registry } from '#shared/metrics.ts';
import type { Transport } from '../client-operations.ts';
import type { ReconnectReason } from '../stream-message.ts';

/** Why a client's connection ended; each connection has exactly one reason. */
export type ClosingReason =
  | ReconnectReason
  /** The client closed it, or the network lost it. */
  | 'disconnected'
  /** It was there no more: nothing answered a ping. */
  | 'unanswered'
  /** Its caller could not be identified, or was one too many. */
  | 'refused'
  /** It has started operations so fast that the next would have to wait for too long. */
  | 'rate_limited'
  | 'protocol_error'
  /** Its operation is over: what is held open for one operation ends with it. */
  | 'completed';

export type ClientMetrics = {
  /** Plain numbers, since each message counts: they cost an addition here, and are read when somebody scrapes. */
  messages: {
    sent: number;
    /** Bytes of the results that were sent, without what a protocol puts around them. */
    sentBytes: number;
    /** Messages that a newer one of their key took the place of before the client could receive them. */
    conflated: number;
    /** Messages that a client has not received because it, or its operation, was gone before. */
    dropped: number;
    /** Bytes that wait for slow clients now; clients that wait for the same message share it. */
    backlogBytes: number;
  };
  /** Clients that are connected now. */
  connections: Record<Transport, number>;
  clientClosed(transport: Transport, reason: ClosingReason): void;
};

/** What the gateway's metrics tell of clients and of messages to them. */
export function createClientMetrics(registry: Registry): ClientMetrics {
  const messages = { sent: 0, sentBytes: 0, conflated: 0, dropped: 0, backlogBytes: 0 };
  const connections: Record<Transport, number> = { websocket: 0, sse: 0, multipart: 0 };

  const counted: [name: string, help: string, of: keyof typeof messages][] = [
    ['gold_gateway_messages_sent_total', 'Results handed to sockets of clients', 'sent'],
    ['gold_gateway_sent_bytes_total', 'Bytes of the results handed to sockets of clients', 'sentBytes'],
    ['gold_gateway_messages_conflated_total', 'Results replaced by a newer one before a slow client', 'conflated'],
    ['gold_gateway_messages_dropped_total', 'Results that waited for a client that is gone', 'dropped'],
  ];
  for (const [name, help, of] of counted) countedElsewhere(registry, name, help, () => messages[of]);
  gauge(registry, 'gold_gateway_backlog_bytes', 'Bytes of results that wait for slow clients', {
    collect: (waiting) => waiting.set(messages.backlogBytes),
  });
  gauge(registry, 'gold_gateway_connections', 'Connections of clients that are open, by transport', {
    labelNames: ['transport'],
    collect(open) {
      for (const [transport, count] of Object.entries(connections)) open.set({ transport }, count);
    },
  });
  const closed = counter(
    registry,
    'gold_gateway_clients_closed_total',
    'Connections of clients that ended, by transport and reason',
    ['transport', 'reason'],
  );
  return {
    messages,
    connections,
    clientClosed: (transport, reason) => closed.inc({ transport, reason }),
  };
}
