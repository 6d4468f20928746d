import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { mapIterator } from './async-iteration.ts';
import type { RequestContext } from './request-context.ts';
import type { TickReference } from './ticks/tick-reference.ts';

/** Where an event belongs; what a service leaves out is unknown or does not apply. */
export type EventPlace = {
  /** The tick that the event belongs to. */
  tick?: TickReference | undefined;
  /** What the stream can be resumed behind with the argument `after`, where that is not the tick's own sequence. */
  sequence?: number | undefined;
  /** Of the events of one key the newest is all that counts, where the stream is `@conflatable`; without it the whole stream is one. */
  key?: string | undefined;
  /**
   * When what the event tells arrived in the system, epoch milliseconds. Only for what is told as soon as it arrives, so
   * that the time since then is how long it took: not for the state that a stream begins with, a repetition, or what was
   * held back because the client asked for fewer events.
   */
  at?: number | undefined;
};

/** What a subscription's resolver yields: the root value, and the event's place. */
export type SourceEvent<Root> = Root & EventPlace;

/**
 * graphql-js's `subscribe`, with the tick of each event put into its context, so that everything below is read at that
 * tick, and the event's place put into the result's `extensions`, for the gateway: it passes the tick on to the subgraphs
 * that it asks, resumes behind the sequence, replaces what has the same key, and measures from `at`.
 */
export async function subscribeWithTicks(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const context = args.contextValue as RequestContext;
  return mapIterator(source[Symbol.asyncIterator](), async (event: unknown) => {
    const { tick, sequence, key, at } = event as SourceEvent<object>;
    const result = await execute({ ...args, rootValue: event, contextValue: tick ? { ...context, tick } : context });
    const place = Object.entries({ tick, sequence, key, at }).filter(([, value]) => value !== undefined);
    if (place.length === 0) return result;
    return { ...result, extensions: { ...result.extensions, ...Object.fromEntries(place) } };
  });
}
