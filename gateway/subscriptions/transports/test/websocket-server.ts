import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anonymous, type Caller, type Role } from '#shared/caller.ts';
import { DomainError } from '#shared/errors.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { SessionEnd } from '../../../security/session-watch.ts';
import { createBacklogs } from '../backlog.ts';
import { createClientLimits } from '../client-limits.ts';
import { createClientMetrics } from '../client-metrics.ts';
import { serveWebSockets } from '../websocket-transport.ts';
import { createDrivenOperations } from './driven-operations.ts';

type Settings = {
  connectionsPerClient?: number;
  operationsPerConnection?: number;
  operationsPerSecond?: number;
  messageLimitBytes?: number;
  initTimeoutMs?: number;
  keepAliveMs?: number;
  slowClientBytes?: number;
  slowClientMs?: number;
};

/**
 * WebSockets as the gateway serves them, over real connections, with operations that the test drives. A token is a name:
 * `Bearer ada`, or `Bearer ada.second` in another session; `Bearer wrong` is no good, and `Bearer away` cannot be verified
 * now. Behind it may stand its roles and how many minutes earlier it expires: `Bearer ada.first.CUSTOMER+OPERATOR.5`.
 */
export async function startWebSocketServer(settings: Settings = {}) {
  const registry = createMetrics('test');
  const metrics = createClientMetrics(registry);
  const driven = createDrivenOperations();
  const watched = new Map<string, Set<(reason: SessionEnd) => void>>();
  const { slowClientBytes: limitBytes = 1_048_576, slowClientMs: limitMs = 30_000 } = settings;
  const server = createServer({ highWaterMark: 16_384 });
  const sockets = serveWebSockets({
    server,
    path: '/graphql',
    operations: driven.operations,
    verifier: { verify },
    sessions: {
      watch(caller, onEnd) {
        const watchers = watched.get(userOf(caller)) ?? new Set();
        watchers.add(onEnd);
        watched.set(userOf(caller), watchers);
        return () => void watchers.delete(onEnd);
      },
    },
    backlogs: createBacklogs({ limitBytes, limitMs, metrics }),
    limits: createClientLimits({
      connectionsPerClient: 1_000,
      operationsPerConnection: 200,
      operationsPerSecond: 100,
      ...settings,
    }),
    metrics,
    logger: createLogger({ service: 'test', level: 'silent' }),
    messageLimitBytes: settings.messageLimitBytes ?? 65_536,
    initTimeoutMs: settings.initTimeoutMs ?? 10_000,
    keepAliveMs: settings.keepAliveMs ?? 60_000,
    slowClientMs: limitMs,
    trustedProxies: 0,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    ...driven,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    counts: metrics.messages,
    connections: () => metrics.connections.websocket,
    metrics: () => registry.metrics(),
    watchers: (user: string) => watched.get(user)?.size ?? 0,
    endSession(user: string, reason: SessionEnd) {
      const watchers = watched.get(user);
      watched.delete(user);
      for (const onEnd of watchers ?? []) onEnd(reason);
    },
    retire: (spreadMs: number) => sockets.close(spreadMs),
    async close() {
      await sockets.close(0);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** When every token here expires that does not say otherwise. */
export const tokenExpiry = Date.parse('2026-11-20T10:00:00Z');

async function verify(authorization: string | undefined): Promise<Caller> {
  if (!authorization) return anonymous;
  const [name = '', session = 'first', held = 'CUSTOMER', minutesEarlier = '0'] = authorization
    .replace('Bearer ', '')
    .split('.');
  if (name === 'away') throw new DomainError('SUBGRAPH_UNAVAILABLE', 'Keys cannot be read', { retryable: true });
  if (name === 'wrong') throw new DomainError('UNAUTHENTICATED', 'The access token is not valid');
  return {
    kind: 'user',
    userId: name,
    roles: held.split('+') as Role[],
    sessionId: `${session} session of ${name}`,
    expiresAt: tokenExpiry - Number(minutesEarlier) * 60_000,
  };
}

function userOf(caller: Caller): string {
  return caller.kind === 'user' ? caller.userId : '';
}
