import type { PreparedSubscription } from '../plans/prepare-subscription.ts';
import type { StreamIdentity } from './stream-identities.ts';
import { isCovered } from '../upstreams/upstream-coverage.ts';

/** The subgraph that owns the subscription. */
export function subgraphOf({ plan }: PreparedSubscription) {
  return plan.generation.subgraphs.get(plan.serviceName)!;
}

/** Authorised operations that want the same of one subgraph share it, each caller for itself where it is personal. */
export function upstreamKey(prepared: PreparedSubscription, identity: StreamIdentity | undefined): string {
  const { name, url } = subgraphOf(prepared);
  return [name, url, prepared.upstream.text, prepared.isUpstreamPersonal ? identity!.key : ''].join('\n');
}

/** Operations that want the same in all, of everybody or of one caller, share a stream. */
export function streamKey(prepared: PreparedSubscription, identity: StreamIdentity | undefined): string {
  return `${upstreamKey(prepared, identity)}\n${prepared.text}\n${identity?.key ?? ''}`;
}

/**
 * Whether a stream that runs can go on as what its operation is with another generation: what it is subscribed to tells all
 * that is read now, and it is shared among the same callers and in the same way as before.
 * @param running.upstreamText what is subscribed to, which may be in the words of a generation before the last
 */
export function canGoOnAs(
  { prepared, upstreamText }: { prepared: PreparedSubscription; upstreamText: string },
  other: PreparedSubscription,
): boolean {
  const [{ name, url }, its] = [subgraphOf(prepared), subgraphOf(other)];
  return (
    name === its.name &&
    url === its.url &&
    prepared.text === other.text &&
    prepared.isConflatable === other.isConflatable &&
    prepared.isPersonal === other.isPersonal &&
    prepared.isUpstreamPersonal === other.isUpstreamPersonal &&
    prepared.upstream.isResumable === other.upstream.isResumable &&
    isCovered(upstreamText, other.upstream)
  );
}
