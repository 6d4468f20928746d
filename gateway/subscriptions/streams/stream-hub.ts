import { randomUUID } from 'node:crypto';
import type { GraphQLFormattedError } from 'graphql';
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
import { createTurns } from '../upstreams/turns.ts';
import type { PacedConnection, UpstreamConnections } from '../upstreams/upstream-connections.ts';
import { costlyFields, type UnsafeFields } from '../plans/unsafe-fields.ts';
import { upstreamEvents, UpstreamRefusal, type UpstreamEvent } from '../upstreams/upstream-stream.ts';

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
  upstream: SharedUpstream;
  /** What is subscribed to, in the words of the generation in which the stream began. */
  upstreamText: string;
  identity: StreamIdentity;
};

/** The events of a subscription at its subgraph. */
type Source = {
  /** Whether an event has lost something by what was asked for beside what clients want: that is not done any more. */
  costlyOf(event: UpstreamEvent): boolean;
  /** Asks for nothing any more beside what clients want; the subgraph may know less than the gateway. @returns whether it did */
  askNothingBeside(): boolean;
  shared(signal: AbortSignal): AsyncIterable<UpstreamEvent>;
  /** Of one client alone: no faster than it takes them. */
  alone(after: string | undefined, signal: AbortSignal): AsyncIterable<UpstreamEvent>;
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
  const turns = createTurns(replaysAtATime, replayTurnMs);
  const upstreams = new Map<string, SharedUpstream>();
  const streams = new Map<string, Running>();
  metrics.observe({ streams: () => streams.size, upstreams: () => upstreams.size });

  /** How one subscribes at the subgraph, for an identity. Neither way holds anything of the generation of the schema. */
  function source(prepared: PreparedSubscription, identity: StreamIdentity): Source {
    const { name, url } = subgraphOf(prepared);
    const { textBehind, beside } = prepared.upstream;
    const upstream = () => ({ url, authorization: identity.context().authorization });
    const begin = { operationBehind: textBehind, logger };
    return {
      costlyOf(event) {
        const costly = costlyFields(event, beside);
        for (const path of costly) unsafe.add(name, path);
        if (costly.length > 0)
          logger.warn({ subgraph: name, costly }, 'fields fail that nobody may want: asked for no more');
        return costly.length > 0;
      },
      askNothingBeside() {
        for (const path of beside) unsafe.add(name, path);
        return beside.size > 0;
      },
      shared: (signal) => upstreamEvents({ ...begin, client: () => connections.clientFor(upstream()), signal }),
      async *alone(after, signal) {
        const endTurn = await turns.take(signal);
        if (!endTurn) return;
        let connection: PacedConnection | undefined;
        const client = () => (connection = connections.openPaced(upstream())).client;
        try {
          for await (const event of upstreamEvents({ ...begin, client, after, signal })) {
            yield event;
            connection!.taken();
            // Without sequences it stays alone to the end, and must not keep others waiting.
            if (event.sequence === undefined) endTurn();
          }
        } finally {
          connection?.end();
          endTurn();
        }
      },
    };
  }

  /** @param onEnd is called once when an upstream that has begun with this ends */
  function beginUpstream(
    key: string,
    { shared, costlyOf, askNothingBeside }: Source,
    onEnd: () => void,
  ): SharedUpstream {
    const upstream = createSharedUpstream({
      async *subscribe(signal) {
        try {
          for await (const event of shared(signal)) {
            yield event;
            if (costlyOf(event)) retireAllOf(upstream);
          }
        } catch (error) {
          if (isMismatch(error) && (upstream.latest() || askNothingBeside())) retireAllOf(upstream);
          throw error;
        }
      },
      onEvent: () => (metrics.events.received += 1),
      onFetch: (isShared) => (metrics.events[isShared ? 'fetchesShared' : 'fetches'] += 1),
      onEnd() {
        if (upstreams.get(key) === upstream) upstreams.delete(key);
        onEnd();
      },
    });
    upstreams.set(key, upstream);
    return upstream;
  }

  /**
   * Clients who come back are subscribed in other words: what was subscribed to in an earlier generation may no longer be
   * known to a subgraph that is started anew, and what fails beside what is wanted is not asked for again.
   */
  function retireAllOf(upstream: SharedUpstream): void {
    for (const running of streams.values()) if (running.upstream === upstream) running.stream.retire(schemaChanged, 0);
  }

  /** An upstream outlives the streams that it began with: while it does, it is told of renewed tokens. @returns ends that */
  function keep(identity: StreamIdentity, context: GatewayContext): () => void {
    if (identity.key === '') return () => undefined;
    identities.acquire(context);
    return () => identities.release(identity);
  }

  // No closure in here may hold `prepared`: it belongs to a generation that the stream may outlive.
  function open(key: string, prepared: PreparedSubscription, context: GatewayContext): Running {
    const correlationId = randomUUID();
    const { isPersonal } = prepared;
    const everybody = identities.everybody(correlationId);
    const identity = isPersonal ? identities.acquire(context) : everybody;
    const upstreamIdentity = prepared.isUpstreamPersonal ? identity : everybody;
    const its = source(prepared, upstreamIdentity);
    const itsUpstream = upstreamKey(prepared, upstreamIdentity);
    const upstream = upstreams.get(itsUpstream) ?? beginUpstream(itsUpstream, its, keep(upstreamIdentity, context));
    const running: Running = { prepared, stream: undefined!, upstream, upstreamText: prepared.upstream.text, identity };
    running.stream = createSharedStream({
      upstream,
      isConflatable: prepared.isConflatable,
      isResumable: prepared.upstream.isResumable,
      subscribeAlone: its.alone,
      async execute(event) {
        metrics.events.executed += 1;
        const { fetches } = event;
        const asked = { prepared: running.prepared, event, context: identity.context(), fetches, logger };
        try {
          return await withCorrelation(correlationId, () => executeEvent(asked));
        } catch (error) {
          return { data: null, errors: [clientError(error, logger)] };
        }
      },
      errorsOf: (error) => errorsOf(running.prepared, error),
      onPublished: metrics.published,
      onConflated: () => (metrics.events.conflated += 1),
      onEnd() {
        const itsKey = streamKey(running.prepared, identity);
        if (streams.get(itsKey) === running) streams.delete(itsKey);
        if (isPersonal) identities.release(identity);
      },
    });
    streams.set(key, running);
    return running;
  }

  function errorsOf(prepared: PreparedSubscription, error: unknown): readonly GraphQLFormattedError[] {
    if (!(error instanceof UpstreamRefusal)) return [formatError(error, logger)];
    // Places in the text that the gateway has sent mean nothing to the client.
    const errors = error.errors.map(({ message, path, extensions }) => ({
      message,
      ...(path && { path }),
      extensions,
    }));
    return shapedErrors(errors, prepared.upstream.shape);
  }

  function closeAll(ending: Ending): void {
    for (const { stream } of streams.values()) stream.close(ending);
    for (const upstream of upstreams.values()) upstream.close();
  }

  return {
    join(prepared, context, subscriber, after) {
      const identity = prepared.isPersonal ? identities.acquire(context) : undefined;
      const key = streamKey(prepared, identity);
      const running = streams.get(key) ?? open(key, prepared, context);
      if (identity) identities.release(identity);
      return running.stream.join(subscriber, after);
    },
    renewed: identities.renewed,
    running: () => [...streams.values()].map(({ prepared }) => prepared),
    reload(prepare, overMs) {
      const all = [...streams.values()];
      streams.clear();
      for (const running of all) {
        const replanned = prepare(running.prepared);
        if (replanned && canGoOnAs(running, replanned)) {
          running.prepared = replanned;
          streams.set(streamKey(replanned, running.identity), running);
        } else running.stream.retire(schemaChanged, overMs);
      }
    },
    close: () => closeAll({ kind: 'reconnect', reason: 'shutdown' }),
  };
}

/** Whether a subgraph does not understand what the gateway has written: its schema is another than the gateway knows. */
function isMismatch(error: unknown): boolean {
  const codes = error instanceof UpstreamRefusal ? error.errors.map(({ extensions }) => extensions?.code) : [];
  return codes.includes('GRAPHQL_VALIDATION_FAILED');
}
