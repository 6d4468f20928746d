import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { mapIterator } from './async-iteration.ts';
import type { RequestContext } from './request-context.ts';
import type { TickReference } from './ticks/tick-reference.ts';

/**
 * What a subscription's resolver yields: the root value, and where there is one the tick that the event belongs to, or
 * the `sequence` behind which the stream can be resumed with the argument `after`.
 */
export type SourceEvent<Root> = Root & { tick?: TickReference; sequence?: number };

/**
 * graphql-js's `subscribe`, with the tick of each event put into its context, so that everything below is read at that
 * tick, and into the result's `extensions.tick`, so that the gateway can pass it on to the subgraphs that it asks. A
 * sequence goes into `extensions.sequence`, so that the gateway can resume behind it.
 */
export async function subscribeWithTicks(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const context = args.contextValue as RequestContext;
  return mapIterator(source[Symbol.asyncIterator](), async (event: unknown) => {
    const { tick, sequence } = event as SourceEvent<object>;
    const result = await execute({ ...args, rootValue: event, contextValue: tick ? { ...context, tick } : context });
    if (!tick && sequence === undefined) return result;
    const place = { ...(tick && { tick }), ...(sequence !== undefined && { sequence }) };
    return { ...result, extensions: { ...result.extensions, ...place } };
  });
}
