import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServer, type BaseContext } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import { deadlineExceeded, type Deadline } from './deadline.ts';
import { sendJson } from './http-server.ts';
import type { WholeRequest } from './whole-request.ts';

/** Milliseconds after the deadline for the answer that says which of its fields were cut off. */
const lateAnswerMs = 100;

/**
 * Answers one HTTP request with an Apollo Server: GraphQL over HTTP by POST with JSON and, for queries, by GET.
 * A body over `bodyLimitBytes` is refused with 413 before it is read to the end, one that is not JSON with 400.
 * What is not done when the deadline has passed is answered with 504, whatever goes on behind.
 */
export async function answerGraphql<Context extends BaseContext>(options: {
  apollo: ApolloServer<Context>;
  request: WholeRequest;
  response: ServerResponse;
  url: URL;
  bodyLimitBytes: number;
  context: () => Promise<Context>;
  deadline?: Deadline | undefined;
}): Promise<void> {
  const { apollo, request, response, url } = options;
  if (request.method !== 'POST' && request.method !== 'GET') return refuseMethod(response);
  const body = await readBody(request, options.bodyLimitBytes);
  if ('refusal' in body) return refuse(response, body);
  const executed = apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: request.method ?? 'GET',
      headers: headersOf(request),
      search: url.search,
      body: body.json,
    },
    context: options.context,
  });
  const answer = await (options.deadline ? orLate(executed, options.deadline) : executed);
  if (!answer) return sendLate(response);
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

/** What is answered, or `undefined` when the deadline passes before. */
function orLate<T>(answer: Promise<T>, deadline: Deadline): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const takeBack = deadline.onPassed(() => {
      timer = setTimeout(() => resolve(undefined), lateAnswerMs);
    });
    const forget = () => {
      takeBack();
      clearTimeout(timer);
    };
    answer.finally(forget).then(resolve, reject);
  });
}

function sendLate(response: ServerResponse): void {
  const { message, code, retryable } = deadlineExceeded();
  sendJson(response, 504, { errors: [{ message, extensions: { code, retryable } }] });
}

/** Answers a request whose caller could not be identified: 401 for a token that is no good, 429 for too many of them, 503 when that is not known. */
export function sendRefusal(response: ServerResponse, refusal: GraphQLFormattedError): void {
  const code = refusal.extensions?.code;
  if (code === 'UNAUTHENTICATED') response.setHeader('www-authenticate', 'Bearer');
  response.setHeader('cache-control', 'no-store');
  sendJson(response, code === 'UNAUTHENTICATED' ? 401 : code === 'RATE_LIMITED' ? 429 : 503, { errors: [refusal] });
}

/** The body of a request, or why it cannot be read. */
export type Body = { json: unknown } | RefusedBody;

/** What the client is told: the status over HTTP, a message, and its code. */
export type RefusedBody = { status: number; refusal: string; code: 'BODY_TOO_LARGE' | 'BAD_REQUEST' };

/** Reads the JSON of a POST, up to `limit` bytes; of another content type, as of another method, there is none. */
export async function readBody(request: WholeRequest, limit: number): Promise<Body> {
  if (request.method !== 'POST') return { json: undefined };
  const tooLarge = refused(413, `The request body may have at most ${limit} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge;
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  const isJson = type === 'application/json' || /^application\/(graphql\+)?json(?=\s*(;|$))/i.test(type);
  if (isJson && !isReadable(type, encoding))
    return refused(415, 'The request body must be JSON in UTF-8, not compressed');
  const bytes = await request.body(limit);
  if (bytes === undefined) return tooLarge;
  // Another content type is Apollo Server's to judge: it may be a cross-site request.
  if (!isJson || bytes.length === 0) return { json: undefined };
  if (!isUtf8(bytes)) return refused(400, 'The request body is not UTF-8');
  try {
    return { json: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return refused(400, 'The request body is not JSON');
  }
}

function refused(status: number, refusal: string): RefusedBody {
  return { status, refusal, code: status === 413 ? 'BODY_TOO_LARGE' : 'BAD_REQUEST' };
}

/** Whether it is said to be in UTF-8, which is also what JSON is in that says nothing (RFC 8259), and as it is. */
function isReadable(contentType: string, contentEncoding: string): boolean {
  const charset = contentType.includes(';') ? /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1] : undefined;
  return contentEncoding === 'identity' && (charset === undefined || /^utf-?8$/i.test(charset));
}

function refuseMethod(response: ServerResponse): void {
  const message = 'GraphQL is asked by POST, and by GET for queries';
  sendJson(response, 405, { errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] }, { allow: 'GET, POST' });
}

/** The headers of a request as Apollo Server wants them. */
export function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}

function refuse(response: ServerResponse, { status, refusal: message, code }: RefusedBody): void {
  // The rest of a refused body is not read: the connection cannot be used again.
  sendJson(response, status, { errors: [{ message, extensions: { code } }] }, { connection: 'close' });
}
