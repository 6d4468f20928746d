import type { ApolloServer } from '@apollo/server';
import { OperationTypeNode, type GraphQLFormattedError } from 'graphql';
import { headersOf, readBody, type Body } from '#shared/graphql-http.ts';
import { countedByLabels, type Registry } from '#shared/metrics.ts';
import { inContext, type GatewayContext } from '../gateway-context.ts';
import type { HttpAnswer, SendAnswer } from '../http/send-answer.ts';
import { batchingNotSupported, type Admission } from '../security/limits/admission.ts';
import type { Budget } from '../security/limits/rates.ts';
import type { Exchange } from '../subscriptions/transports/http-operation.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { ApolloContext } from './apollo-server.ts';
import { entityTagOf, notKept } from './caching/caching-headers.ts';
import { askedBy, contentTypeFor, type AskedRequest } from './http-request.ts';
import type { KnownOperation, KnownOperations } from './known-operations.ts';
import type { RequestedDocuments } from './persisted-queries/requested-document.ts';
import { resultText } from './result-text.ts';
import type { Served, ServeOperation } from './serve-operation.ts';

export type AnswerGraphql = (exchange: Exchange, context: GatewayContext, body?: Body) => Promise<void>;

/**
 * Answers GraphQL requests over HTTP (GraphQL over HTTP). What is new or unusual goes through Apollo Server, which knows the
 * protocol and says what is wrong; an operation that it has let pass before is answered beside it, by the same
 * `ServeOperation` and with the same headers.
 */
export function createGraphqlAnswerer(options: {
  generation: () => Generation;
  documents: RequestedDocuments;
  operations: KnownOperations;
  admission: Admission;
  serve: ServeOperation;
  apollo: ApolloServer<ApolloContext>;
  send: SendAnswer;
  bodyLimitBytes: number;
  metrics: Registry;
}): AnswerGraphql {
  const { documents, operations, admission, serve, apollo, send } = options;

  const answered = { short: 0, long: 0, refused: 0 };
  countedByLabels(
    options.metrics,
    'gold_gateway_http_requests_total',
    'GraphQL requests over HTTP: by the short way, through Apollo Server, or refused before',
    ['way'],
    () => Object.entries(answered).map(([way, count]) => [{ way }, count] as const),
  );

  function refuse(
    exchange: Exchange,
    context: GatewayContext,
    refusal: {
      status: number;
      errors: readonly GraphQLFormattedError[];
      headers?: readonly string[];
      budget?: Budget | undefined;
    },
  ) {
    answered.refused += 1;
    const { status, errors, headers = [], budget } = refusal;
    const contentType = contentTypeFor(exchange.request.headers.accept) ?? 'application/json; charset=utf-8';
    const text = resultText({ data: undefined, errors, extensions: undefined });
    const answer: HttpAnswer = { status, contentType, text, headers, budget, policy: notKept, entityTag: undefined };
    return send(exchange, context.correlationId, answer);
  }

  function sendServed(exchange: Exchange, context: GatewayContext, served: Served, contentType: string) {
    const { status, policy, kept, budget } = served;
    const text = resultText(served);
    const isTagged = exchange.request.method === 'GET' && policy.maxAge > 0;
    const entityTag = isTagged ? entityTagOf(kept ?? text) : undefined;
    const headers = status === 401 ? ['www-authenticate', 'Bearer'] : [];
    return send(exchange, context.correlationId, { status, contentType, text, policy, entityTag, budget, headers });
  }

  /** Apollo Server's answer. What it executes is served as everything else is. */
  async function answerByApollo(exchange: Exchange, context: GatewayContext, asked: ApolloRequest): Promise<void> {
    answered.long += 1;
    await inContext(context, () => passToApollo(exchange, context, asked));
  }

  async function passToApollo(exchange: Exchange, context: GatewayContext, asked: ApolloRequest): Promise<void> {
    const { request } = exchange;
    const passed: ApolloContext = { ...context, known: asked.known, served: { answer: undefined } };
    const {
      status = 200,
      headers,
      body,
    } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { ...asked, method: request.method ?? 'GET', headers: headersOf(request) },
      context: async () => passed,
    });
    if (body.kind !== 'complete') throw new Error('nothing is answered in parts over this transport');
    const served = passed.served.answer;
    const contentType = headers.get('content-type') ?? 'application/json; charset=utf-8';
    headers.delete('content-type');
    if (served) return sendServed(exchange, context, served, contentType);
    const answer = { status, contentType, text: body.string, headers: [...headers].flat() };
    return send(exchange, context.correlationId, {
      ...answer,
      policy: notKept,
      entityTag: undefined,
      budget: undefined,
    });
  }

  return async (exchange, context, given) => {
    const { request, url } = exchange;
    if (request.method !== 'POST' && request.method !== 'GET') {
      const errors = [{ message: 'Ask by GET or POST', extensions: { code: 'BAD_REQUEST' } }];
      return refuse(exchange, context, { status: 405, errors, headers: ['allow', 'GET, POST'] });
    }
    const body = given ?? (await readBody(request, options.bodyLimitBytes));
    if ('refusal' in body) {
      // The rest of a refused body is not read: the connection cannot be used again.
      const errors = [{ message: body.refusal, extensions: { code: body.code } }];
      return refuse(exchange, context, { status: body.status, errors, headers: ['connection', 'close'] });
    }
    if (Array.isArray(body.json))
      return refuse(exchange, context, admission.refuse([batchingNotSupported()], context.client));
    const asked = askedBy(request, url.searchParams, body.json);
    if (!asked) {
      const spent = admission.spend(context.client);
      return spent
        ? refuse(exchange, context, spent)
        : answerByApollo(exchange, context, withoutDocument(exchange, body.json));
    }

    const named = documents.read(asked);
    const document = named instanceof Promise ? await named : named;
    if ('refusal' in document) {
      const { status, refusal, headers } = document;
      const told = { status, errors: [refusal], headers: Object.entries(headers).flat() };
      return refuse(exchange, context, admission.spend(context.client) ?? told);
    }
    const known = operations.read(options.generation(), document.query, asked.operationName);
    if (!('document' in known)) return refuse(exchange, context, admission.refuse(known, context.client));
    document.keep?.();
    const contentType = contentTypeFor(request.headers.accept);
    // Found out before anything is executed, not when it is too late.
    if (contentType === undefined) return refuse(exchange, context, notAcceptable);
    const isAllowed = request.method === 'POST' || known.operation.operation === OperationTypeNode.QUERY;
    if (known.hasPassed && isAllowed) {
      answered.short += 1;
      return sendServed(exchange, context, await serve(known, asked.variables, context), contentType);
    }
    return answerByApollo(exchange, context, apolloRequest(request.method, asked, document.query, known));
  };
}

const notAcceptable = {
  status: 406,
  errors: [
    {
      message: 'Answers are application/json or application/graphql-response+json: the Accept header takes neither',
      extensions: { code: 'BAD_REQUEST' },
    },
  ],
};

/** What Apollo Server is given of a request. */
type ApolloRequest = { body: unknown; search: string; known: KnownOperation | undefined };

/** A request that cannot be read: what is wrong with it Apollo Server says, who need not read the document for that. */
function withoutDocument({ url }: Exchange, json: unknown): ApolloRequest {
  const query = '{ __typename }';
  const search = new URLSearchParams();
  for (const [name, value] of url.searchParams) search.append(name, name === 'query' ? query : value);
  const hasText = typeof json === 'object' && json !== null && 'query' in json && typeof json.query === 'string';
  return {
    body: hasText ? { ...json, ...(json.query !== '' && { query }) } : json,
    search: `?${search}`,
    known: undefined,
  };
}

/** The document is named by its text, however the client has named it. */
function apolloRequest(
  method: string | undefined,
  { operationName, variables }: AskedRequest,
  query: string,
  known: KnownOperation,
): ApolloRequest {
  if (method === 'POST')
    return { body: { query, operationName: operationName ?? null, variables: variables ?? null }, search: '', known };
  const search = new URLSearchParams({
    query,
    ...(operationName !== undefined && { operationName }),
    ...(variables && { variables: JSON.stringify(variables) }),
  });
  return { body: undefined, search: `?${search}`, known };
}
