import { getOperationAST, parse } from 'graphql';
import type { Caller } from '#shared/caller.ts';
import { createHttpServer, sendJson } from '#shared/http-server.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { createBacklogs } from '../backlog.ts';
import { createClientLimits } from '../client-limits.ts';
import type { ClientOperations, OperationRequest } from '../../client-operations.ts';
import { createHttpStreams } from '../http-streams.ts';
import type { Ending, StreamMessage, Subscriber } from '../../stream-message.ts';
import { createClientMetrics } from '../client-metrics.ts';

/** A subscription of a client, driven by the test. */
export type Joined = {
  request: OperationRequest;
  after: string | undefined;
  /** Why the client's side ended it; at most one reason. */
  left: string[];
  deliver(message: StreamMessage): void;
  end(ending: Ending): void;
};

type Settings = {
  heartbeatMs?: number;
  lastBytesMs?: number;
  connectionsPerClient?: number;
  operationsPerSecond?: number;
  backlogBytes?: number;
};

/** The caller that everybody is here; its session and token end when the test says so. */
const caller = { kind: 'user', userId: 'ada' } as unknown as Caller;

/**
 * Subscriptions over real HTTP, with operations that the test drives. What an operation does stands in its text: `personal`
 * and `resumable` say what it is, `refused CODE` that it is not begun, `tooOld` that it cannot be resumed.
 */
export async function startStreamingServer(settings: Settings = {}) {
  const joins: Joined[] = [];
  const watched = new Set<(reason: 'token_expired' | 'session_ended') => void>();
  const registry = createMetrics('test');
  const metrics = createClientMetrics(registry);
  const { backlogBytes: limitBytes = 1_000_000, heartbeatMs = 60_000 } = settings;

  const operations: ClientOperations = {
    renewed: () => undefined,
    prepare(request) {
      const code = /refused (\w+)/.exec(request.query)?.[1];
      const retryable = request.query.includes('retryable');
      if (code) return [{ message: 'Refused', extensions: { code, ...(retryable && { retryable }) } }];
      if (!request.query.startsWith('subscription'))
        return {
          kind: 'query',
          isMutation: getOperationAST(parse(request.query), request.operationName)?.operation === 'mutation',
          execute: async () => ({ data: { answer: request.variables ?? null } }),
        };
      return {
        kind: 'subscription',
        isResumable: request.query.includes('resumable'),
        join: (subscriber, after) => join(request, subscriber, after),
      };
    },
  };

  function join(request: OperationRequest, subscriber: Subscriber, after: string | undefined) {
    const left: string[] = [];
    joins.push({ request, after, left, ...subscriber });
    if (after !== undefined && request.query.includes('tooOld'))
      setImmediate(() =>
        subscriber.end({ kind: 'error', errors: [{ message: '', extensions: { code: 'SEQUENCE_TOO_OLD' } }] }),
      );
    return {
      isConflatable: !request.query.includes('everything'),
      isPersonal: request.query.includes('personal'),
      leave: (reason: string) => void left.push(reason),
    };
  }

  const streams = createHttpStreams({
    operations,
    answerAtOnce: async ({ response }, body) =>
      sendJson(response, 200, { data: { atOnce: 'json' in body && body.json } }),
    watch: (_caller, onEnd) => {
      watched.add(onEnd);
      return () => void watched.delete(onEnd);
    },
    backlogs: createBacklogs({ limitBytes, limitMs: 60_000, metrics }),
    metrics,
    limits: createClientLimits({
      connectionsPerClient: settings.connectionsPerClient ?? 1_000,
      operationsPerConnection: 1,
      operationsPerSecond: settings.operationsPerSecond ?? 1_000,
    }),
    budgetOf: () => undefined,
    bodyLimitBytes: 10_000,
    heartbeatMs: { sse: heartbeatMs, multipart: heartbeatMs },
    lastBytesMs: settings.lastBytesMs,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  const http = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    metrics: registry,
    checks: {},
    routes: {
      '/graphql': (request, response, url) =>
        streams.handles(request)
          ? streams.answer({ request, response, url }, { caller, client: 'ada' } as unknown as Parameters<
              typeof streams.answer
            >[1])
          : sendJson(response, 200, { data: { atOnce: 'not read' } }),
    },
    onError: (error) => {
      throw error;
    },
  });
  const port = await http.listen();
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    joins,
    metrics,
    watched,
    streams,
    /** Ends every token or session that is watched. */
    endSessions(reason: 'token_expired' | 'session_ended') {
      for (const onEnd of watched) onEnd(reason);
    },
    close: () => http.close(0),
  };
}

export type StreamingServer = Awaited<ReturnType<typeof startStreamingServer>>;

/** A result with a price of that sequence. */
export function aMessage(sequence: number | undefined, key = 'XAU-USD', padding = ''): StreamMessage {
  const body = Buffer.from(JSON.stringify({ data: { priceUpdated: { sequence: String(sequence), padding } } }));
  return { body, key, sequence };
}
