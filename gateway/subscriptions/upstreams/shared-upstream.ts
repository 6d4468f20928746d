import { createSharedFetches, type SharedFetches } from './shared-fetches.ts';
import type { UpstreamEvent } from './upstream-stream.ts';

/** An event as those receive it who share the upstream. */
export type SharedEvent = UpstreamEvent & {
  /** Counts the events of this upstream. */
  ordinal: number;
  /** When it reached the gateway, as `performance.now()`. */
  receivedAt: number;
  fetches: SharedFetches;
  /** Whether it tells the sequence of the event before it once more. */
  isRepeat: boolean;
};

export type UpstreamConsumer = {
  event(event: SharedEvent): void;
  /** There is nothing more to come; with what was thrown where it has failed or was refused. Called at most once. */
  ended(error?: unknown): void;
};

/** One subscription at a subgraph, which many share. */
export type SharedUpstream = {
  /** The last event: the current state, for who comes later. */
  latest(): SharedEvent | undefined;
  add(consumer: UpstreamConsumer): void;
  remove(consumer: UpstreamConsumer): void;
  /** An event that was read for some consumers alone, as they receive it. */
  share(event: UpstreamEvent): SharedEvent;
  close(): void;
};

/** Milliseconds that an upstream stays when its last consumer has gone: a page that is loaded again finds it running. */
const lingerMs = 1_000;

/**
 * Subscribes at once. Ends by itself when it has had no consumer for a second.
 * @param options.onEnd is called once, when it has ended for whatever reason and must not be joined any more
 */
export function createSharedUpstream(options: {
  subscribe: (signal: AbortSignal) => AsyncIterable<UpstreamEvent>;
  onEvent: () => void;
  onFetch: (isShared: boolean) => void;
  onEnd: () => void;
}): SharedUpstream {
  const { onFetch } = options;
  const consumers = new Set<UpstreamConsumer>();
  const controller = new AbortController();
  const { signal } = controller;
  let ordinal = 0;
  let latest: SharedEvent | undefined;
  let lingering: NodeJS.Timeout | undefined;
  let isOver = false;

  const share = (event: UpstreamEvent): SharedEvent => ({
    ...event,
    ordinal: (ordinal += 1),
    receivedAt: performance.now(),
    fetches: createSharedFetches(onFetch),
    isRepeat: false,
  });

  function end(error?: unknown): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(lingering);
    controller.abort();
    options.onEnd();
    for (const consumer of consumers) consumer.ended(error);
    consumers.clear();
  }

  async function read(): Promise<void> {
    for await (const event of options.subscribe(signal)) {
      if (signal.aborted) return;
      options.onEvent();
      const isRepeat = event.sequence !== undefined && event.sequence === latest?.sequence;
      latest = { ...share(event), isRepeat };
      for (const consumer of consumers) consumer.event(latest);
    }
  }

  read().then(() => end(), end);

  return {
    latest: () => latest,
    share,
    add(consumer) {
      clearTimeout(lingering);
      consumers.add(consumer);
    },
    remove(consumer) {
      consumers.delete(consumer);
      if (consumers.size > 0 || isOver) return;
      clearTimeout(lingering);
      lingering = setTimeout(() => end(), lingerMs).unref();
    },
    close: () => end(),
  };
}
