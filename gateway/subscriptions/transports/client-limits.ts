import type { GraphQLFormattedError } from 'graphql';

/**
 * What one client may take. A client is a user, on whatever connections, or an address while nobody is signed in: what
 * `clientKey` makes of it.
 */
export type ClientLimits = {
  /** Operations that may run on one connection at a time. */
  operationsPerConnection: number;
  /** Counts a connection of the client. @returns what gives it back, or `undefined` where the client has too many */
  admit(client: string): (() => void) | undefined;
  /** Counts an operation that the client starts. @returns milliseconds until it may start another; 0 where it may now */
  start(client: string): number;
  /**
   * Gives an operation of the client its turn, behind those that wait already.
   * @returns milliseconds until its turn; `undefined` where that would be too long, and it has none
   */
  startInTurn(client: string): number | undefined;
};

/** What a client may start now; below zero is what waits for its turn. */
type Bucket = { tokens: number; at: number };

/** So long an operation may have to wait for its turn. */
const longestTurnMs = 10_000;

/**
 * Limits per client, kept in memory by each gateway for itself. A client that has no connection and has started nothing
 * for a while is forgotten.
 * @param options.operationsPerSecond started by one client for long. Twice as many may be started at once, and twice what
 * runs on one connection: a client that has been told to come back starts all of that anew
 */
export function createClientLimits(options: {
  connectionsPerClient: number;
  operationsPerConnection: number;
  operationsPerSecond: number;
  now?: () => number;
}): ClientLimits {
  const { connectionsPerClient, operationsPerConnection, operationsPerSecond, now = () => performance.now() } = options;
  const burst = 2 * Math.max(operationsPerSecond, operationsPerConnection);
  /** After so long a bucket is full again, and need not be known. */
  const fillMs = (burst / operationsPerSecond) * 1_000 + longestTurnMs;
  const connections = new Map<string, number>();
  // In the order of their last use, so that those that are full again stand in front.
  const buckets = new Map<string, Bucket>();

  function forgetFullBuckets(at: number): void {
    for (const [client, bucket] of buckets) {
      if (at - bucket.at < fillMs) return;
      buckets.delete(client);
    }
  }

  /** Milliseconds until the client may start one more. The operation counts where it is willing to wait for so long. */
  function take(client: string, patienceMs: number): number {
    const at = now();
    forgetFullBuckets(at);
    const known = buckets.get(client);
    const gained = known ? ((at - known.at) / 1_000) * operationsPerSecond : burst;
    const tokens = Math.min(burst, (known?.tokens ?? 0) + gained);
    const waitMs = Math.max(0, Math.ceil(((1 - tokens) / operationsPerSecond) * 1_000));
    buckets.delete(client);
    buckets.set(client, { tokens: waitMs <= patienceMs ? tokens - 1 : tokens, at });
    return waitMs;
  }

  function release(client: string): void {
    const left = connections.get(client)! - 1;
    if (left > 0) connections.set(client, left);
    else connections.delete(client);
  }

  return {
    operationsPerConnection,
    admit(client) {
      const open = connections.get(client) ?? 0;
      if (open >= connectionsPerClient) return undefined;
      connections.set(client, open + 1);
      let isHeld = true;
      return () => {
        if (isHeld) release(client);
        isHeld = false;
      };
    },
    start: (client) => take(client, 0),
    startInTurn(client) {
      const waitMs = take(client, longestTurnMs);
      return waitMs <= longestTurnMs ? waitMs : undefined;
    },
  };
}

/** What an operation is answered with that is started too soon. */
export function rateLimited(retryAfterMs: number): GraphQLFormattedError {
  return {
    message: `Too many operations are started at once: try again in ${retryAfterMs} ms`,
    extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterMs },
  };
}

/** What an operation is answered with that is one too many on its connection. */
export function tooManyOperations(limit: number): GraphQLFormattedError {
  return {
    message: `A connection may run ${limit} operations at a time`,
    extensions: { code: 'TOO_MANY_OPERATIONS', retryable: true },
  };
}

/** What a client is answered with that has too many connections; `retry-after` is in seconds. */
export function tooManyConnections(): { status: 429; retryAfter: string; error: GraphQLFormattedError } {
  return {
    status: 429,
    retryAfter: '5',
    error: {
      message: 'This client has too many connections open',
      extensions: { code: 'TOO_MANY_CONNECTIONS', retryable: true, retryAfterMs: 5_000 },
    },
  };
}
