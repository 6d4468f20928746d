import { createSharedStream, type SharedStream } from '../shared-stream.ts';
import type { SharedEvent, SharedUpstream, UpstreamConsumer } from '../../upstreams/shared-upstream.ts';
import type { Ending } from '../../stream-message.ts';
import type { UpstreamEvent } from '../../upstreams/upstream-stream.ts';

/** What a client of a driven stream has received, by the names of the events. */
export type DrivenClient = {
  received: string[];
  endings: Ending[];
  /** Whether anything reached it once it had left or was told the end. */
  wasDisturbed: boolean;
  hasLeft: boolean;
  /** It has taken in what it was sent; clients that are not `slow` do at once. */
  drain(): void;
  leave(): void;
};

/** A subscription of one client's own at the subgraph. */
export type OwnSubscription = {
  after: string | undefined;
  isOver(): boolean;
  send(event: UpstreamEvent): void;
  complete(): void;
  fail(error: unknown): void;
};

/** What has been begun goes on as far as it can. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A shared stream on an upstream, executions and subscriptions of clients that all do only what the test says. */
export function driveStream(
  options: {
    isConflatable?: boolean;
    isResumable?: boolean;
    /** The last event of the upstream, where it has begun already. */
    latest?: UpstreamEvent;
    /** An event has been handed on. */
    onPublished?: (name: string) => void;
  } = {},
) {
  const { isConflatable = true, isResumable = true } = options;
  const consumers = new Set<UpstreamConsumer>();
  const executions: { name: string; finish: () => void }[] = [];
  const own: OwnSubscription[] = [];
  const conflated: number[] = [];
  const told: string[] = [];
  const published: { name: string; clients: number }[] = [];
  let ends = 0;
  let ordinal = 0;
  let latest: SharedEvent | undefined;
  const share = (event: UpstreamEvent): SharedEvent => ({
    ...event,
    ordinal: (ordinal += 1),
    receivedAt: performance.now(),
    fetches: undefined!,
    isRepeat: false,
  });
  const arrived = (event: UpstreamEvent): SharedEvent => {
    const isRepeat = event.sequence !== undefined && event.sequence === latest?.sequence;
    return (latest = { ...share(event), isRepeat });
  };
  if (options.latest) arrived(options.latest);
  const upstream: SharedUpstream = {
    latest: () => latest,
    add: (consumer) => void consumers.add(consumer),
    remove: (consumer) => void consumers.delete(consumer),
    share,
    close: () => undefined,
  };

  function open(): SharedStream {
    return createSharedStream({
      upstream,
      isConflatable,
      isResumable,
      execute: (event) =>
        new Promise((resolve) => {
          const name = String(event.data?.name);
          if (event.extensions) told.push(`${name}: gap behind ${event.extensions.gap.after}`);
          executions.push({ name, finish: () => resolve(JSON.stringify({ data: { name } })) });
        }),
      subscribeAlone(after, signal) {
        const subscription = createOwnSubscription(after, signal);
        own.push(subscription);
        return subscription.events;
      },
      endingOf: (error) => ({ kind: 'error', errors: [{ message: String(error) }] }),
      onPublished(clients, { data }) {
        const name = String(data?.name);
        published.push({ name, clients });
        options.onPublished?.(name);
      },
      onConflated: () => conflated.push(1),
      onEnd: () => (ends += 1),
    });
  }

  const stream = open();
  return {
    stream,
    open,
    own,
    executions,
    /** What was said beside the data of events. */
    told,
    /** How many events were left out. */
    conflated: () => conflated.length,
    /** The events that were handed on, and to how many clients each. */
    published,
    ends: () => ends,
    consumers: () => consumers.size,
    emit(event: UpstreamEvent) {
      const shared = arrived(event);
      for (const consumer of consumers) consumer.event(shared);
    },
    endUpstream(error?: unknown) {
      for (const consumer of consumers) consumer.ended(error);
    },
    /** Ends the oldest execution of an event. */
    async finish(...names: string[]) {
      for (const name of names) {
        const index = executions.findIndex((execution) => execution.name === name);
        if (index < 0)
          throw new Error(`${name} is not executed; only ${executions.map((each) => each.name).join(' ')}`);
        executions.splice(index, 1)[0]!.finish();
        await settled();
      }
    },
    join(after?: string, which: { stream?: SharedStream; isSlow?: boolean } = {}): DrivenClient {
      let drained: (() => void) | undefined;
      const client: DrivenClient = {
        received: [],
        endings: [],
        wasDisturbed: false,
        hasLeft: false,
        drain() {
          drained?.();
          drained = undefined;
        },
        leave() {
          client.hasLeft = true;
          leave();
        },
      };
      const isOver = () => client.hasLeft || client.endings.length > 0;
      const leave = (which.stream ?? stream).join(
        {
          deliver({ body }) {
            client.wasDisturbed ||= isOver();
            client.received.push((JSON.parse(body.toString()) as { data: { name: string } }).data.name);
          },
          end(ending) {
            client.wasDisturbed ||= isOver();
            client.endings.push(ending);
          },
          ...(which.isSlow && { whenSent: (then: () => void) => void (drained = then) }),
        },
        after,
      );
      return client;
    },
  };
}

function createOwnSubscription(after: string | undefined, signal: AbortSignal) {
  const waiting: UpstreamEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let failure: { error: unknown } | undefined;
  let isComplete = false;
  let isLeft = false;
  const rung = () => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  signal.addEventListener('abort', rung);
  async function* read() {
    try {
      for (;;) {
        if (signal.aborted) return;
        const event = waiting.shift();
        if (event) yield event;
        else if (failure) throw failure.error;
        else if (isComplete) return;
        else await wake.promise;
      }
    } finally {
      isLeft = true;
    }
  }
  return {
    after,
    events: read(),
    isOver: () => isLeft || signal.aborted,
    send(event: UpstreamEvent) {
      waiting.push(event);
      rung();
    },
    complete() {
      isComplete = true;
      rung();
    },
    fail(error: unknown) {
      failure = { error };
      rung();
    },
  };
}
