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
  everybody: StreamIdentity;
  /** The identity of a caller's own streams. It is told of new tokens for as long as it is kept by anything. */
  of(context: GatewayContext): StreamIdentity;
  keep(identity: StreamIdentity): void;
  /** Called as often as `keep`. */
  release(identity: StreamIdentity): void;
  /** A client goes on with a new access token: all streams of its session do. */
  renewed(context: GatewayContext): void;
};

const nobody: GatewayContext = {
  caller: anonymous,
  client: '',
  authorization: undefined,
  correlationId: '',
  userAgent: undefined,
  tick: undefined,
};

export function createStreamIdentities(): StreamIdentities {
  type Entry = { identity: StreamIdentity; context: GatewayContext; uses: number };
  const kept = new Map<string, Entry>();
  const entries = new WeakMap<StreamIdentity, Entry>();

  function begin(key: string, context: GatewayContext): Entry {
    const entry: Entry = { identity: { key, context: () => entry.context }, context, uses: 0 };
    entries.set(entry.identity, entry);
    return entry;
  }

  return {
    everybody: { key: '', context: () => nobody },
    of(context) {
      const key = keyOf(context);
      const entry = kept.get(key) ?? begin(key, ofStream(context));
      entry.context = newer(entry.context, ofStream(context));
      return entry.identity;
    },
    keep(identity) {
      const entry = entries.get(identity);
      if (!entry) return;
      entry.uses += 1;
      kept.set(identity.key, entry);
    },
    release(identity) {
      const entry = entries.get(identity);
      if (!entry) return;
      entry.uses -= 1;
      if (entry.uses === 0) kept.delete(identity.key);
    },
    renewed(context) {
      const entry = kept.get(keyOf(context));
      if (entry) entry.context = newer(entry.context, ofStream(context));
    },
  };
}

/**
 * The same person in another session is another, for sessions end one by one; and so is one who has got or lost a role
 * meanwhile, for a stream was authorised with the roles that its first token has.
 */
function keyOf({ caller }: GatewayContext): string {
  if (caller.kind === 'anonymous') return 'anonymous';
  return [caller.userId, caller.sessionId, ...caller.roles.toSorted()].join(' ');
}

/** Who asks, without what belongs to the request by which a stream was begun: its end is not the stream's. */
function ofStream({ caller, client, authorization, correlationId, userAgent }: GatewayContext): GatewayContext {
  return { caller, client, authorization, correlationId, userAgent, tick: undefined };
}

/** Of two contexts of one session the one whose token is valid longer. */
function newer(known: GatewayContext, other: GatewayContext): GatewayContext {
  const expiry = ({ caller }: GatewayContext) => (caller.kind === 'user' ? caller.expiresAt : 0);
  return expiry(other) >= expiry(known) ? other : known;
}
