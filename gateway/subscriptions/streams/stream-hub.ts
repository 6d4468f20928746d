import { randomUUID } from 'node:crypto';
import { clientError, formatError } from '#shared/error-format.ts';
import { withCorrelation } from '#shared/correlation.ts';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../../gateway-context.ts';
import { executeEvent } from './execute-event.ts';
import type { PreparedSubscription } from '../plans/prepare-subscription.ts';
import { shapedErrors } from '../plans/response-shape.ts';
import { createSharedStream, type SharedStream } from './shared-stream.ts';
import { createSharedUpstream, type SharedUpstream } from '../upstreams/shared-upstream.ts';
import { createStreamIdentities, type StreamIdentity } from './stream-identities.ts';
import { canGoOnAs, streamKey, subgraphOf, upstreamKey } from './stream-keys.ts';
import type { Ending, Subscriber } from '../stream-message.ts';
import type { StreamMetrics } from './stream-metrics.ts';
import type { UnsafeFields } from '../plans/unsafe-fields.ts';
import { createTurns } from '../upstreams/turns.ts';
import type { UpstreamConnections } from '../upstreams/upstream-connections.ts';
import { createUpstreamSource, OtherWords, type UpstreamSource } from '../upstreams/upstream-source.ts';
import { UpstreamRefusal } from '../upstreams/upstream-stream.ts';

/** All streams of one gateway process. */
export type StreamHub = {
  /** Joins the stream of everybody who has sent the same, or begins it. @returns leaves it */
  join(prepared: PreparedSubscription, context: GatewayContext, subscriber: Subscriber, after?: string): () => void;
  /** A client has renewed its access token. */
  renewed(context: GatewayContext): void;
  /** Every operation that runs. */
  running(): PreparedSubscription[];
  /**
   * Goes over to another generation of the schema. Streams that run on unchanged stay; the clients of others are asked to
   * come back, spread over so many milliseconds.
   * @param prepare prepares an operation anew; `undefined` where it is not valid any more
   */
  reload(prepare: (prepared: PreparedSubscription) => PreparedSubscription | undefined, overMs: number): void;
  close(): void;
};

type Running = {
  stream: SharedStream;
  /** Of the generation that is served now. */
  prepared: PreparedSubscription;
  /** What is subscribed to, in the words of the generation in which the stream began. */
  upstreamText: string;
  identity: StreamIdentity;
};

const schemaChanged: Ending = { kind: 'reconnect', reason: 'schema_changed' };
/** Clients that are brought up to date at the same time: after an outage thousands may come back at once. */
const replaysAtATime = 64;
/** Milliseconds after which the next one begins, however slowly a client takes its past in. */
const replayTurnMs = 5_000;

export function createStreamHub(options: {
  connections: UpstreamConnections;
  unsafe: UnsafeFields;
  metrics: StreamMetrics;
  logger: Logger;
}): StreamHub {
  const { connections, unsafe, metrics, logger } = options;
  const identities = createStreamIdentities();
  const { everybody } = identities;
  const turns = createTurns(replaysAtATime, replayTurnMs);
  const upstreams = new Map<string, SharedUpstream>();
  const streams = new Map<string, Running>();
  metrics.observe({ streams: () => streams.size, upstreams: () => upstreams.size });

  /** How one subscribes at the subgraph, for an identity. It holds nothing of the generation of the schema. */
  function sourceOf(prepared: PreparedSubscription, identity: StreamIdentity): UpstreamSource {
    const { name: subgraph, url } = subgraphOf(prepared);
    const { textBehind, narrowText, beside } = prepared.upstream;
    return createUpstreamSource({
      subgraph,
      subscription: { textBehind, narrowText, beside },
      upstream: () => ({ url, authorization: identity.context().authorization }),
      connections,
      turns,
      unsafe,
      logger,
    });
  }

  /** An upstream outlives the streams that it began with: while it does, it is told of renewed tokens. */
  function beginUpstream(key: string, { shared }: UpstreamSource, identity: StreamIdentity): SharedUpstream {
    identities.keep(identity);
    const upstream = createSharedUpstream({
      subscribe: shared,
      onEvent: () => (metrics.events.received += 1),
      onFetch: (isShared) => (metrics.events[isShared ? 'fetchesShared' : 'fetches'] += 1),
      onEnd() {
        if (upstreams.get(key) === upstream) upstreams.delete(key);
        identities.release(identity);
      },
    });
    upstreams.set(key, upstream);
    return upstream;
  }

  // No closure in here may hold `prepared`: it belongs to a generation that the stream may outlive.
  function open(key: string, prepared: PreparedSubscription, identity: StreamIdentity): Running {
    const correlationId = randomUUID();
    const upstreamIdentity = prepared.isUpstreamPersonal ? identity : everybody;
    const source = sourceOf(prepared, upstreamIdentity);
    const itsUpstream = upstreamKey(prepared, upstreamIdentity);
    const upstream = upstreams.get(itsUpstream) ?? beginUpstream(itsUpstream, source, upstreamIdentity);
    const running: Running = { prepared, stream: undefined!, upstreamText: prepared.upstream.text, identity };
    identities.keep(identity);
    running.stream = createSharedStream({
      upstream,
      isConflatable: prepared.isConflatable,
      isResumable: prepared.upstream.isResumable,
      subscribeAlone: source.alone,
      async execute(event) {
        metrics.events.executed += 1;
        const { fetches } = event;
        const context = identity === everybody ? { ...identity.context(), correlationId } : identity.context();
        const asked = { prepared: running.prepared, event, context, fetches, logger };
        try {
          return await withCorrelation(correlationId, () => executeEvent(asked));
        } catch (error) {
          return JSON.stringify({ data: null, errors: [clientError(error, logger)] });
        }
      },
      endingOf: (error) => (error instanceof OtherWords ? schemaChanged : failed(running.prepared, error)),
      onPublished: metrics.published,
      onConflated: () => (metrics.events.conflated += 1),
      onEnd() {
        const itsKey = streamKey(running.prepared, identity);
        if (streams.get(itsKey) === running) streams.delete(itsKey);
        identities.release(identity);
      },
    });
    streams.set(key, running);
    return running;
  }

  function failed(prepared: PreparedSubscription, error: unknown): Ending {
    if (!(error instanceof UpstreamRefusal)) return { kind: 'error', errors: [formatError(error, logger)] };
    // Places in the text that the gateway has sent mean nothing to the client.
    const errors = error.errors.map(({ message, path, extensions }) => ({
      message,
      ...(path && { path }),
      extensions,
    }));
    return { kind: 'error', errors: shapedErrors(errors, prepared.upstream.shape) };
  }

  function closeAll(ending: Ending): void {
    for (const { stream } of streams.values()) stream.close(ending);
    for (const upstream of upstreams.values()) upstream.close();
  }

  return {
    join(prepared, context, subscriber, after) {
      const identity = prepared.isPersonal ? identities.of(context) : everybody;
      const key = streamKey(prepared, identity);
      const running = streams.get(key) ?? open(key, prepared, identity);
      return running.stream.join(subscriber, after);
    },
    renewed: identities.renewed,
    running: () => [...streams.values()].map(({ prepared }) => prepared),
    reload(prepare, overMs) {
      const all = [...streams.values()];
      streams.clear();
      for (const running of all) {
        const replanned = prepare(running.prepared);
        const key = replanned && streamKey(replanned, running.identity);
        // Streams that have become the same are not joined: the clients of one of them come back to the other.
        if (replanned && canGoOnAs(running, replanned) && !streams.has(key!)) {
          running.prepared = replanned;
          streams.set(key!, running);
        } else running.stream.retire(schemaChanged, overMs);
      }
    },
    close: () => closeAll({ kind: 'reconnect', reason: 'shutdown' }),
  };
}
