import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLFormattedError } from 'graphql';
import { formatError } from '#shared/error-format.ts';
import type { Body } from '#shared/graphql-http.ts';
import { sendJson } from '#shared/http-server.ts';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../../gateway-context.ts';
import { rateHeaders } from '../../security/limits/rate-headers.ts';
import type { Budget } from '../../security/limits/rates.ts';
import type { SessionWatch } from '../../security/session-watch.ts';
import type { Backlogs } from './backlog.ts';
import { rateLimited, tooManyConnections, type ClientLimits } from './client-limits.ts';
import type { ClientOperation, ClientOperations } from '../client-operations.ts';
import { createHeartbeats, type Heartbeats } from './heartbeats.ts';
import { acceptedAnswers } from './http-negotiation.ts';
import { readOperation, type AskedOperation, type Exchange } from './http-operation.ts';
import { holdOpen, type HttpStream } from './http-stream.ts';
import { createMultipartFormat } from './multipart-transport.ts';
import { refuseOperation } from './refused-operation.ts';
import { resumeOrBegin } from './resume-or-begin.ts';
import { completedId, createSseFormat } from './sse-transport.ts';
import { spreadOut } from './spread-out.ts';
import { reconnectError, streamHeaders, type StreamFormat } from './stream-format.ts';
import type { ClientMetrics } from './client-metrics.ts';

export type HttpStreams = {
  /** Whether a request asks for a stream; `answer` is for those that do. */
  handles(request: IncomingMessage): boolean;
  /** Answers with a stream, and returns when it has begun. What turns out to be no subscription may go to `answerAtOnce`. */
  answer(exchange: Exchange, context: GatewayContext): Promise<void>;
  /** Takes no more, and ends all streams, spread over so many milliseconds: clients do not come back at one moment. */
  close(spreadMs: number): Promise<void>;
};

type Subscription = Extract<ClientOperation, { kind: 'subscription' }>;
type Query = Extract<ClientOperation, { kind: 'query' }>;

/** A client that comes back by itself does so after this long, and up to three times that: not all at one moment. */
const returnAfterMs = 1_000;
/** So long a client has to take the last bytes before its connection is cut. */
const defaultLastBytesMs = 5_000;

/**
 * Subscriptions over plain HTTP, as server-sent events and as Apollo's multipart, on the path of queries: the `Accept`
 * header tells them apart.
 * @param options.answerAtOnce the ordinary way to answer a query, for clients that take JSON as well; the body was read
 * @param options.budgetOf what is left of what a client may spend
 */
export function createHttpStreams(options: {
  operations: ClientOperations;
  answerAtOnce: (exchange: Exchange, body: Body, context: GatewayContext) => Promise<void>;
  watch: SessionWatch['watch'];
  backlogs: Backlogs;
  metrics: ClientMetrics;
  limits: Pick<ClientLimits, 'admit' | 'start'>;
  budgetOf: (client: string) => Budget | undefined;
  bodyLimitBytes: number;
  heartbeatMs?: { sse?: number; multipart?: number };
  lastBytesMs?: number;
  logger: Logger;
}): HttpStreams {
  const { limits, watch, backlogs, metrics, logger, lastBytesMs = defaultLastBytesMs } = options;
  const ways = {
    sse: way(createSseFormat(options.heartbeatMs?.sse)),
    multipart: way(createMultipartFormat(options.heartbeatMs?.multipart)),
  };
  const open = new Set<HttpStream>();
  // Made once and not for each stream, which would keep the whole request of its client with it.
  const onOver = (stream: HttpStream) => void open.delete(stream);
  let isClosing = false;

  async function answer(exchange: Exchange, context: GatewayContext): Promise<void> {
    const { response } = exchange;
    const asked = await readOperation(exchange, options.bodyLimitBytes);
    if (asked.kind === 'ordinary') return options.answerAtOnce(exchange, asked.body, context);
    if (asked.kind === 'wrong') return sendJson(response, 400, badRequest(asked.message));
    // It is EventSource, which comes back although its stream is over: 204 tells it to stay away.
    if (asked.lastEventId === completedId) return void response.writeHead(204).end();
    if (isClosing) return refuse(response, asked, reconnectError('shutdown'));
    const waitMs = limits.start(context.client);
    if (waitMs > 0) return refuse(response, asked, rateLimited(waitMs));
    const prepared = prepare(asked, context);
    if ('kind' in prepared && prepared.kind === 'query')
      return asked.json
        ? options.answerAtOnce(exchange, asked.body, context)
        : answerQuery(exchange, context, asked, prepared);
    tellBudget(response, context);
    if ('kind' in prepared) return begin(exchange, context, asked, prepared);
    refuse(response, asked, ...prepared);
  }

  function prepare({ operation, stream }: AskedOperation, context: GatewayContext) {
    try {
      return options.operations.prepare(operation, context, stream);
    } catch (error) {
      return [formatError(error, logger)];
    }
  }

  function tellBudget(response: ServerResponse, { client }: GatewayContext): void {
    const budget = options.budgetOf(client);
    if (budget) for (const [name, value] of Object.entries(rateHeaders(budget))) response.setHeader(name, value);
  }

  function refuse(response: ServerResponse, asked: AskedOperation, ...errors: GraphQLFormattedError[]) {
    refuseOperation(response, errors, { ...asked, format: ways[asked.stream].format });
  }

  function begin(exchange: Exchange, context: GatewayContext, asked: AskedOperation, prepared: Subscription): void {
    const { response } = exchange;
    if (response.destroyed) return;
    const release = limits.admit(context.client);
    if (!release) return refuse(response, asked, tooManyConnections().error);
    response.once('close', release);
    const prepareAgain = () => {
      const again = prepare(asked, context);
      return 'kind' in again && again.kind === 'subscription' ? again : undefined;
    };
    const stream = holdOpen({
      ...ways[asked.stream],
      response,
      join: resumeOrBegin(asked.lastEventId, prepared, prepareAgain),
      caller: context.caller,
      returnsAlone: asked.returnsAlone,
      returnAfterMs: Math.round(returnAfterMs * (1 + 2 * Math.random())),
      watch,
      backlogs,
      lastBytesMs,
      metrics,
      onOver,
    });
    if (!stream.isOver()) open.add(stream);
  }

  async function answerQuery(
    { request, response }: Exchange,
    context: GatewayContext,
    asked: AskedOperation,
    prepared: Query,
  ): Promise<void> {
    if (request.method === 'GET' && prepared.isMutation)
      return sendJson(response, 405, badRequest('Mutations are sent by POST'), { allow: 'POST' });
    const { format } = ways[asked.stream];
    const result = await prepared.execute().catch((error: unknown) => ({ errors: [formatError(error, logger)] }));
    tellBudget(response, context);
    response.writeHead(200, streamHeaders(format)).end(format.single(JSON.stringify(result)));
  }

  return {
    handles: ({ method, headers }) =>
      (method === 'GET' || method === 'POST') &&
      namesStream(headers.accept) &&
      acceptedAnswers(headers.accept).stream !== undefined,
    answer,
    async close(spreadMs) {
      isClosing = true;
      await spreadOut([...open], spreadMs, (stream) => stream.retire('shutdown'));
    },
  };
}

/** Whether it is worth to read an `Accept` header: hardly any of those that come with queries. */
function namesStream(accept: string | undefined): boolean {
  return accept !== undefined && /event-stream|multipart/i.test(accept);
}

function way(format: StreamFormat): { format: StreamFormat; heartbeats: Heartbeats } {
  return { format, heartbeats: createHeartbeats(format.heartbeatMs / 2) };
}

function badRequest(message: string) {
  return { errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] };
}
