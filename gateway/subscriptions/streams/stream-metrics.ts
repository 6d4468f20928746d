import { countedElsewhere, counter, durationHistogram, gauge, type Registry } from '#shared/metrics.ts';
import type { Transport } from '../client-operations.ts';
import type { ReconnectReason } from '../stream-message.ts';
import type { SharedEvent } from '../upstreams/shared-upstream.ts';

/** Why an operation of a client has ended; each that was started ends once. */
export type OperationEnd = 'completed' | 'failed' | 'unsubscribed' | 'disconnected' | ReconnectReason;

export type StreamMetrics = {
  /** Plain numbers, read when somebody scrapes. */
  events: {
    received: number;
    executed: number;
    /** Deliveries for which nothing had to be executed, because another client's were executed already. */
    shared: number;
    conflated: number;
    fetches: number;
    fetchesShared: number;
  };
  operationStarted(transport: Transport): void;
  operationEnded(transport: Transport, reason: OperationEnd): void;
  /** An event has been handed to the sockets of so many clients. */
  published(clients: number, event: SharedEvent): void;
  /** Where the numbers of what runs now are read. */
  observe(running: { streams: () => number; upstreams: () => number }): void;
};

/** What the gateway's metrics tell of streams: what runs, what began and ended, and how far sharing goes. */
export function createStreamMetrics(registry: Registry): StreamMetrics {
  const events = { received: 0, executed: 0, shared: 0, conflated: 0, fetches: 0, fetchesShared: 0 };
  const active: Record<Transport, number> = { websocket: 0, sse: 0, multipart: 0 };
  const counted: [name: string, help: string, of: keyof typeof events][] = [
    ['gold_gateway_events_received_total', 'Events that subgraphs have sent', 'received'],
    ['gold_gateway_events_executed_total', 'Executions: one for each event and different operation', 'executed'],
    ['gold_gateway_events_shared_total', 'Deliveries that shared the execution of another client', 'shared'],
    ['gold_gateway_events_conflated_total', 'Events left out for a newer one while joining them was slow', 'conflated'],
    ['gold_gateway_event_fetches_total', 'Fetches that joined events with other subgraphs', 'fetches'],
    ['gold_gateway_event_fetches_shared_total', 'Fetches that were spared: others had sent the same', 'fetchesShared'],
  ];
  for (const [name, help, of] of counted) countedElsewhere(registry, name, help, () => events[of]);
  gauge(registry, 'gold_gateway_operations', 'Subscriptions of clients that run, by transport', {
    labelNames: ['transport'],
    collect(running) {
      for (const [transport, count] of Object.entries(active)) running.set({ transport }, count);
    },
  });
  const started = counter(
    registry,
    'gold_gateway_operations_started_total',
    'Subscriptions of clients that began, by transport',
    ['transport'],
  );
  const ended = counter(
    registry,
    'gold_gateway_operations_ended_total',
    'Subscriptions of clients that ended, by transport and reason; each that began ends once',
    ['transport', 'reason'],
  );
  const latency = durationHistogram(
    registry,
    'gold_gateway_tick_to_socket_seconds',
    'From the arrival of a tick in the system until the last socket has been given its event',
  );
  return {
    events,
    operationStarted(transport) {
      active[transport] += 1;
      started.inc({ transport });
    },
    operationEnded(transport, reason) {
      active[transport] -= 1;
      ended.inc({ transport, reason });
    },
    published(clients, { at }) {
      events.shared += Math.max(0, clients - 1);
      if (at !== undefined) latency.observe(Math.max(0, Date.now() - at) / 1_000);
    },
    observe({ streams, upstreams }) {
      const gauges: [name: string, help: string, read: () => number][] = [
        ['gold_gateway_shared_streams', 'Different operations that run, each for all clients that sent it', streams],
        ['gold_gateway_upstreams', 'Subscriptions at subgraphs', upstreams],
      ];
      for (const [name, help, read] of gauges)
        gauge(registry, name, help, { collect: (running) => running.set(read()) });
    },
  };
}
