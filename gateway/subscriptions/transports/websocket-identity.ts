import { acceptCorrelationId, correlationHeader } from '#shared/correlation.ts';
import { anonymous, type Caller, type User } from '#shared/caller.ts';
import { DomainError } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import type { TokenVerifier } from '#shared/token-verifier.ts';
import type { SessionEnd, SessionWatch } from '../../security/session-watch.ts';
import { clientKey } from '../../security/client-address.ts';
import { rateLimited, type ClientLimits } from './client-limits.ts';
import type { ClientOperations } from '../client-operations.ts';
import { retire } from './retire-websockets.ts';
import { hangUp, reply, type WebSocketClient } from './websocket-client.ts';
import { ackMessage, closings, pongMessage } from './websocket-protocol.ts';

/**
 * Who speaks on a connection: said once in `connection_init`, and renewed by a ping whose payload has `authorization`, so
 * that personal streams outlive an access token without a gap.
 */
export function createSocketIdentity(options: {
  verifier: TokenVerifier;
  sessions: Pick<SessionWatch, 'watch'>;
  operations: Pick<ClientOperations, 'renewed'>;
  limits: ClientLimits;
  logger: Logger;
}) {
  const { verifier, sessions, operations, limits, logger } = options;

  /** @returns the caller, or the error's code: UNAUTHENTICATED, or SUBGRAPH_UNAVAILABLE where nobody can tell now */
  async function verify(authorization: string | undefined): Promise<Caller | { refusal: string }> {
    try {
      return await verifier.verify(authorization);
    } catch (error) {
      if (error instanceof DomainError) return { refusal: error.code };
      logger.error({ err: error }, 'an access token could not be verified');
      return { refusal: 'SUBGRAPH_UNAVAILABLE' };
    }
  }

  async function identify(client: WebSocketClient, parameters: Record<string, unknown>): Promise<void> {
    if (client.phase !== 'opened') return hangUp(client, closings.secondInit, 'protocol_error');
    client.phase = 'identifying';
    clearTimeout(client.initTimer);
    client.initTimer = undefined;
    const authorization = authorizationOf(parameters);
    const caller = await verify(authorization);
    if (client.endedBy) return;
    if ('refusal' in caller) {
      // While auth is away a good token looks like a bad one: the client is to come back with the same.
      const isBad = caller.refusal === 'UNAUTHENTICATED';
      return hangUp(client, isBad ? closings.forbidden : closings.tryAgainLater, 'refused');
    }
    if (!takePlace(client, caller)) return hangUp(client, closings.tooManyConnections, 'refused');
    const correlationId = flat(acceptCorrelationId(parameters[correlationHeader]));
    const { userAgent, limitKey } = client;
    client.context = { caller, client: limitKey, authorization, correlationId, userAgent, tick: undefined };
    client.phase = 'ready';
    reply(client, ackMessage);
    watch(client, caller);
  }

  /** Until now the connection counted for its address, which a whole office may share. */
  function takePlace(client: WebSocketClient, caller: Caller): boolean {
    if (caller.kind === 'anonymous') return true;
    const limitKey = clientKey(caller, client.address);
    const release = limits.admit(limitKey);
    if (!release) return false;
    client.release();
    client.release = release;
    client.limitKey = limitKey;
    client.userId = caller.userId;
    return true;
  }

  function watch(client: WebSocketClient, caller: Caller): void {
    client.unwatch?.();
    client.unwatch =
      caller.kind === 'anonymous' ? undefined : sessions.watch(caller, (reason) => sessionEnded(client, reason));
  }

  /** Personal streams end, and the connection with them; without any it goes on as that of an anonymous caller. */
  function sessionEnded(client: WebSocketClient, reason: SessionEnd): void {
    const isPersonal = client.operations.values().some(({ stream }) => stream?.isPersonal === true);
    if (isPersonal) return retire(client, closings[reason], reason);
    client.unwatch = undefined;
    client.context = { ...client.context!, caller: anonymous, authorization: undefined };
  }

  async function renew(client: WebSocketClient, authorization: string): Promise<void> {
    if (client.retiringAs) return;
    const waitMs = limits.start(client.limitKey);
    if (waitMs > 0) return reply(client, pongMessage({ authorization: rateLimited(waitMs).extensions }));
    const caller = await verify(authorization);
    if (client.endedBy || client.retiringAs) return;
    // The token that the connection has is good until it expires: losing every stream now would help nobody.
    if ('refusal' in caller && caller.refusal !== 'UNAUTHENTICATED')
      return reply(client, pongMessage({ authorization: { code: caller.refusal, retryable: true } }));
    const known = client.context!.caller;
    if (!('refusal' in caller) && isOlder(caller, known)) return confirm(client, known);
    if ('refusal' in caller || caller.kind === 'anonymous' || !mayGoOnAs(client, caller))
      return retire(client, closings.forbidden, 'refused');
    client.context = { ...client.context!, caller, client: client.limitKey, authorization };
    watch(client, caller);
    operations.renewed(client.context);
    confirm(client, caller);
  }

  function confirm(client: WebSocketClient, { expiresAt }: User): void {
    reply(client, pongMessage({ authorization: { expiresAt: new Date(expiresAt).toISOString() } }));
  }

  return {
    identify,
    /** Answers a ping. A caller is renewed by it where its payload has `authorization`. */
    async ping(client: WebSocketClient, payload: Record<string, unknown> | undefined): Promise<void> {
      const authorization = client.phase === 'ready' ? authorizationOf(payload ?? {}) : undefined;
      if (authorization === undefined) reply(client, pongMessage(payload));
      else await renew(client, authorization);
    },
  };
}

/**
 * The same user, and while there may be streams of a session the same one, with which they end, and with the same roles:
 * what those streams may see was decided by them.
 */
function mayGoOnAs({ userId, context }: WebSocketClient, caller: User): boolean {
  const known = context!.caller;
  if (caller.userId !== userId) return false;
  return known.kind === 'anonymous' || (known.sessionId === caller.sessionId && rolesOf(known) === rolesOf(caller));
}

const rolesOf = ({ roles }: User) => roles.toSorted().join();

/** Whether a newer token of the session is known: of two that are verified at a time the older may be ready later. */
function isOlder(caller: Caller, known: Caller): known is User {
  if (caller.kind === 'anonymous' || known.kind === 'anonymous') return false;
  return caller.sessionId === known.sessionId && caller.expiresAt < known.expiresAt;
}

function authorizationOf(parameters: Record<string, unknown>): string | undefined {
  const value = parameters.authorization ?? parameters.Authorization;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The same text in one piece: a fresh UUID is a rope of twenty, which is half a KiB to keep for each client. */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}
