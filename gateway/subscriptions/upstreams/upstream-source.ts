import type { Client } from 'graphql-ws';
import type { Logger } from '#shared/logger.ts';
import type { CanonicalSubscription } from '../plans/canonical-request.ts';
import { costlyFields, type UnsafeFields } from '../plans/unsafe-fields.ts';
import type { Turns } from './turns.ts';
import type { PacedConnection, Upstream, UpstreamConnections } from './upstream-connections.ts';
import { upstreamEvents, UpstreamRefusal, type UpstreamEvent } from './upstream-stream.ts';

/** The events of a subscription at its subgraph. */
export type UpstreamSource = {
  /**
   * Of all who share it. @throws OtherWords when they should subscribe anew; UpstreamRefusal when the subgraph refuses what
   * is wanted itself
   */
  shared(signal: AbortSignal): AsyncIterable<UpstreamEvent>;
  /** Of one client alone: no faster than it takes them. */
  alone(after: string | undefined, signal: AbortSignal): AsyncIterable<UpstreamEvent>;
};

/** What is subscribed to has to be said in other words: what is asked for beside what is wanted fails, or is unknown there. */
export class OtherWords extends Error {
  override name = 'OtherWords';
}

/** Milliseconds that a subgraph has to tell the current state when it is found out what it understands. */
const probeTimeoutMs = 5_000;

/**
 * @param options.upstream the subgraph, and on whose behalf it is asked now
 * @param options.unsafe is told of fields that are better not asked for beside what is wanted
 */
export function createUpstreamSource(options: {
  subgraph: string;
  subscription: Pick<CanonicalSubscription, 'textBehind' | 'narrowText' | 'beside'>;
  upstream: () => Upstream;
  connections: UpstreamConnections;
  turns: Turns;
  unsafe: UnsafeFields;
  logger: Logger;
}): UpstreamSource {
  const { subgraph, upstream, connections, turns, unsafe, logger } = options;
  const { textBehind, narrowText, beside } = options.subscription;
  const client = () => connections.clientFor(upstream());

  function giveUp(fields: Iterable<string>): OtherWords {
    unsafe.add(subgraph, fields);
    logger.warn(
      { subgraph, fields: [...fields] },
      'fields fail that nobody may want: only who wants them asks for them',
    );
    return new OtherWords();
  }

  /** Whether the subgraph takes what is wanted alone, where it has refused all that was asked for. */
  async function isTaken(text: string, signal: AbortSignal): Promise<boolean> {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]);
    try {
      for await (const _event of upstreamEvents({ client, operationBehind: () => text, signal: inTime, logger }))
        return true;
    } catch (error) {
      if (!(error instanceof UpstreamRefusal)) throw error;
    }
    return false;
  }

  /** @throws OtherWords in place of events, or refusals, that come of what was asked for beside what is wanted */
  async function* events(how: { client: () => Client; after?: string | undefined; signal: AbortSignal }) {
    let hasBegun = false;
    try {
      for await (const event of upstreamEvents({ ...how, operationBehind: textBehind, logger })) {
        const costly = costlyFields(event, beside);
        // Clients are not given it: they resume before it.
        if (costly.length > 0) throw giveUp(costly);
        hasBegun = true;
        yield event;
      }
    } catch (error) {
      if (!isNotUnderstood(error)) throw error;
      // The subgraph was started anew with another schema, and does not know any more what has been subscribed to.
      if (hasBegun) throw new OtherWords();
      if (narrowText !== textBehind(undefined) && (await isTaken(narrowText, how.signal))) throw giveUp(beside);
      throw error;
    }
  }

  return {
    shared: (signal) => events({ client, signal }),
    async *alone(after, signal) {
      const endTurn = await turns.take(signal);
      if (!endTurn) return;
      let connection: PacedConnection | undefined;
      const paced = () => (connection = connections.openPaced(upstream())).client;
      try {
        for await (const event of events({ client: paced, after, signal })) {
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

/** Whether a subgraph does not understand what it was sent: it may know another schema, or a value may be wrong. */
function isNotUnderstood(error: unknown): boolean {
  const codes = error instanceof UpstreamRefusal ? error.errors.map(({ extensions }) => extensions?.code) : [];
  return codes.includes('GRAPHQL_VALIDATION_FAILED');
}
