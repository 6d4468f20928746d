import { anonymous } from '#shared/caller.ts';
import type { GatewayContext } from '../../gateway-context.ts';

/** On whose behalf a stream asks the subgraphs. */
export type StreamIdentity = {
  /** Names who it is; streams of one identity may be shared. Empty for everybody. */
  key: string;
  /** The context of what is asked, with the newest access token that is known. */
  context(): GatewayContext;
};

export type StreamIdentities = {
  /** The identity of public streams: no caller's credentials travel with them. */
  everybody(correlationId: string): StreamIdentity;
  /** The identity of a caller's own streams, for as long as `release` is not called as often as this. */
  acquire(context: GatewayContext): StreamIdentity;
  release(identity: StreamIdentity): void;
  /** A client goes on with a new access token: all streams of its session do. */
  renewed(context: GatewayContext): void;
};

export function createStreamIdentities(): StreamIdentities {
  const known = new Map<string, { identity: StreamIdentity; context: GatewayContext; uses: number }>();
  return {
    everybody(correlationId) {
      const context: GatewayContext = {
        caller: anonymous,
        authorization: undefined,
        correlationId,
        userAgent: undefined,
        tick: undefined,
      };
      return { key: '', context: () => context };
    },
    acquire(context) {
      const key = keyOf(context);
      const existing = known.get(key);
      if (existing) {
        existing.uses += 1;
        existing.context = newer(existing.context, context);
        return existing.identity;
      }
      const entry = { identity: { key, context: () => entry.context }, context, uses: 1 };
      known.set(key, entry);
      return entry.identity;
    },
    release({ key }) {
      const entry = known.get(key);
      if (!entry) return;
      entry.uses -= 1;
      if (entry.uses === 0) known.delete(key);
    },
    renewed(context) {
      const entry = known.get(keyOf(context));
      if (entry) entry.context = newer(entry.context, context);
    },
  };
}

/** The same person in another session is another: sessions end one by one. */
function keyOf({ caller }: GatewayContext): string {
  return caller.kind === 'user' ? `${caller.userId} ${caller.sessionId}` : 'anonymous';
}

/** Of two contexts of one session the one whose token is valid longer: it was issued later and has the latest roles. */
function newer(known: GatewayContext, other: GatewayContext): GatewayContext {
  const expiry = ({ caller }: GatewayContext) => (caller.kind === 'user' ? caller.expiresAt : 0);
  return expiry(other) > expiry(known) ? other : known;
}
