import type { SharedEvent, SharedUpstream } from '../upstreams/shared-upstream.ts';
import type { StreamMessage } from '../stream-message.ts';
import type { UpstreamEvent } from '../upstreams/upstream-stream.ts';

/** The current state of a stream, for clients that join while it runs. */
export type CurrentState<Client> = {
  /** Gives a client the current state, at once where it is known, unless an event reaches it first. */
  giveTo(client: Client): void;
  /** An event has reached everybody: nobody awaits the state any more. */
  published(message: StreamMessage): void;
  forget(client: Client): void;
  /** Resolves when nobody awaits it. */
  given(): Promise<void>;
  close(): void;
};

/** Milliseconds for which the last message, or event, is as good as a new one. */
const freshMs = 1_000;
/** Milliseconds that a subgraph has to tell the current state, before the last event is taken for it. */
const timeoutMs = 2_000;

/**
 * @param options.readAnew subscribes at the subgraph: the first event is the current state
 * @param options.send hands the state to a client; `ordinal` is that of the upstream's event, 0 where it is none of those
 */
export function createCurrentState<Client>(options: {
  upstream: Pick<SharedUpstream, 'latest' | 'share'>;
  messageOf: (event: SharedEvent) => Promise<StreamMessage>;
  readAnew: (signal: AbortSignal) => AsyncIterable<UpstreamEvent>;
  send: (client: Client, message: StreamMessage, ordinal: number) => void;
}): CurrentState<Client> {
  const { upstream, messageOf, send } = options;
  let last: { message: StreamMessage; ordinal: number; madeAt: number } | undefined;
  /** Another set once an event has reached them: what was being read for them is not given any more. */
  let awaiting = new Set<Client>();
  let giving: Promise<void> | undefined;

  async function give(clients: Set<Client>): Promise<void> {
    const { event, ordinal } = await currentEvent();
    if (clients !== awaiting || clients.size === 0) return;
    const message = await messageOf(event);
    if (clients !== awaiting) return;
    awaiting = new Set();
    last = { message, ordinal, madeAt: performance.now() };
    for (const client of clients) send(client, message, ordinal);
  }

  /** The last event while it is new; else the subgraph is asked, once for all who have come. */
  async function currentEvent(): Promise<{ event: SharedEvent; ordinal: number }> {
    const latest = upstream.latest()!;
    if (performance.now() - latest.receivedAt < freshMs) return { event: latest, ordinal: latest.ordinal };
    try {
      for await (const event of options.readAnew(AbortSignal.timeout(timeoutMs))) {
        // One process of a subgraph may be behind the other that has told the last event.
        if ((event.sequence ?? Infinity) < (latest.sequence ?? 0)) break;
        return { event: upstream.share(event), ordinal: 0 };
      }
    } catch {
      // A subgraph that does not answer now has told the last event; whether it refuses is said in the stream itself.
    }
    return { event: latest, ordinal: latest.ordinal };
  }

  return {
    giveTo(client) {
      if (last && performance.now() - last.madeAt < freshMs) return send(client, last.message, last.ordinal);
      awaiting.add(client);
      if (awaiting.size === 1) giving = give(awaiting);
    },
    published(message) {
      last = { message, ordinal: 0, madeAt: performance.now() };
      awaiting = new Set();
    },
    forget: (client) => void awaiting.delete(client),
    given: async () => giving,
    close: () => void (awaiting = new Set()),
  };
}
