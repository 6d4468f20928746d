import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServer, type BaseContext } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import { sendJson } from './http-server.ts';

/**
 * Answers one HTTP request with an Apollo Server: GraphQL over HTTP by POST with JSON and, for queries, by GET.
 * A body over `bodyLimitBytes` is refused with 413 before it is read to the end, one that is not JSON with 400.
 */
export async function answerGraphql<Context extends BaseContext>(options: {
  apollo: ApolloServer<Context>;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  bodyLimitBytes: number;
  context: () => Promise<Context>;
  /** The body, where it has been read already. */
  body?: Body;
}): Promise<void> {
  const { apollo, request, response, url } = options;
  const body = options.body ?? (await readBody(request, options.bodyLimitBytes));
  if ('refusal' in body) return refuse(response, body.status, body.refusal);
  const answer = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: request.method ?? 'GET',
      headers: headersOf(request),
      search: url.search,
      body: body.json,
    },
    context: options.context,
  });
  const head = Object.fromEntries(answer.headers);
  if (answer.body.kind === 'complete') {
    response
      .writeHead(answer.status ?? 200, { ...head, 'content-length': Buffer.byteLength(answer.body.string) })
      .end(answer.body.string);
    return;
  }
  response.writeHead(answer.status ?? 200, head);
  for await (const chunk of answer.body.asyncIterator) response.write(chunk);
  response.end();
}

/** Answers a request whose caller could not be identified: 401 for a token that is no good, 503 when that is not known. */
export function sendRefusal(response: ServerResponse, refusal: GraphQLFormattedError): void {
  const isUnauthenticated = refusal.extensions?.code === 'UNAUTHENTICATED';
  if (isUnauthenticated) response.setHeader('www-authenticate', 'Bearer');
  sendJson(response, isUnauthenticated ? 401 : 503, { errors: [refusal] });
}

/** The body of a request, or why it cannot be read. */
export type Body = { json: unknown } | { status: number; refusal: string };

/** Reads the JSON of a POST, up to `limit` bytes; of another content type, as of another method, there is none. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  if (request.method !== 'POST') return { json: undefined };
  const tooLarge = { status: 413, refusal: `The request body may have at most ${limit} bytes` };
  if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return tooLarge;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const isJson = /^application\/(graphql\+)?json\b/i.test(request.headers['content-type'] ?? '');
  // Another content type is Apollo Server's to judge: it may be a cross-site request.
  if (!isJson || text === '') return { json: undefined };
  try {
    return { json: JSON.parse(text) };
  } catch {
    return { status: 400, refusal: 'The request body is not JSON' };
  }
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  // The rest of a refused body is not read: the connection cannot be used again.
  response.setHeader('connection', 'close');
  sendJson(response, status, {
    errors: [{ message, extensions: { code: status === 413 ? 'BODY_TOO_LARGE' : 'BAD_REQUEST' } }],
  });
}
