import type { ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { Body } from '#shared/graphql-http.ts';
import type { WholeRequest } from '#shared/whole-request.ts';
import type { TrustedDocument } from '../security/trusted-documents/manifest.ts';
import type { TrustedDocuments } from '../security/trusted-documents/trusted-documents.ts';
import { describeApi } from './open-api/describe-api.ts';
import { executionProblem, forRest, parameterProblem, problem, type Problem } from './problem.ts';
import { readBodyVariables, readQueryVariables } from './read-variables.ts';
import { restOperationOf, type RestOperation } from './rest-operation.ts';

/** A trusted operation to be executed as a GraphQL request would be: with the same limits, rules and caches. */
export type RestExecution = {
  query: string;
  operationName: string;
  variables: Record<string, unknown>;
};

/** The answer to a GraphQL request: its HTTP status and headers, and the result as JSON; a 304 has an empty body. */
export type GraphqlAnswer = { status: number; headers: Record<string, string>; body: string };

export type RestRoutes<Context> = {
  /** Whether a path is one of these. */
  handles(url: URL): boolean;
  /** Answers a request; `context` is given to `execute`. */
  answer(exchange: { request: WholeRequest; response: ServerResponse; url: URL }, context: Context): Promise<void>;
};

/** Where the paths begin. */
export const restPath = '/rest';

/** Headers of the GraphQL answer that are not true of the REST answer, whose body is another. */
const ofGraphqlBody = new Set(['content-type', 'content-length', 'content-encoding', 'transfer-encoding']);

/**
 * Serves each trusted document to clients that speak REST: a query as `GET /rest/<name>?<variables>`, a mutation as
 * `POST /rest/<name>` with its variables as the JSON body; `GET /rest/openapi.json` describes them (OpenAPI 3.1).
 *
 * The answer is the operation's data. What could not be had of it is null, and told in the member `$errors`, a name that
 * no field can have. Where nothing could be had it is a problem (RFC 9457) with a status of HTTP.
 * @param options.schema what clients see now; `undefined` before it is known
 * @param options.readBody reads the JSON of a POST
 */
export function createRestRoutes<Context>(options: {
  documents: Pick<TrustedDocuments, 'all'>;
  schema: () => GraphQLSchema | undefined;
  execute: (execution: RestExecution, request: WholeRequest, context: Context) => Promise<GraphqlAnswer>;
  readBody: (request: WholeRequest) => Promise<Body>;
}): RestRoutes<Context> {
  const { documents, schema, execute, readBody } = options;
  let known: Operations | undefined;

  /** The operations of the documents and the schema that are served now. */
  function operations(): Operations | undefined {
    const [current, all] = [schema(), documents.all()];
    if (!current) return undefined;
    if (known?.schema !== current || known.documents !== all) known = createOperations(current, all);
    return known;
  }

  async function answerOperation(operation: RestOperation, exchange: Exchange, context: Context): Promise<void> {
    const { request, response, url } = exchange;
    const read =
      operation.method === 'GET'
        ? readQueryVariables(operation, url.searchParams)
        : await variablesOfBody(operation, request);
    if ('status' in read) return sendProblem(response, read);
    if ('problems' in read) return sendProblem(response, parameterProblem(read.problems));
    const { body: query, name: operationName } = operation.document;
    const answer = await execute({ query, operationName, variables: read.variables }, request, context);
    sendAnswer(response, answer);
  }

  async function variablesOfBody(operation: RestOperation, request: WholeRequest) {
    const isJson = /^application\/json\b/i.test(request.headers['content-type'] ?? '');
    // Only this makes browsers ask before a foreign page may send it.
    if (!isJson) return problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the variables as application/json');
    const body = await readBody(request);
    if ('refusal' in body) return problem(body.status, body.code, body.refusal);
    return readBodyVariables(operation, body.json);
  }

  return {
    handles: ({ pathname }) => pathname === restPath || pathname.startsWith(`${restPath}/`),
    async answer(exchange, context) {
      const { request, response, url } = exchange;
      const current = operations();
      if (!current) return sendProblem(response, problem(503, 'NOT_READY', 'No supergraph is loaded'));
      const name = url.pathname.slice(restPath.length + 1);
      const isDescription = name === 'openapi.json';
      const operation = isDescription ? undefined : current.find(name);
      if (!isDescription && !operation)
        return sendProblem(
          response,
          problem(404, 'NOT_FOUND', `There is no operation "${name}": ${restPath}/openapi.json describes all`),
        );
      const method = operation?.method ?? 'GET';
      if (request.method !== method && !(request.method === 'HEAD' && method === 'GET')) {
        response.setHeader('allow', method === 'GET' ? 'GET, HEAD' : method);
        return sendProblem(response, problem(405, 'METHOD_NOT_ALLOWED', `Ask by ${method}`));
      }
      if (!operation) return send(response, 200, 'application/json', current.description());
      await answerOperation(operation, exchange, context);
    },
  };
}

type Exchange = { request: WholeRequest; response: ServerResponse; url: URL };

type Operations = {
  schema: GraphQLSchema;
  documents: readonly TrustedDocument[];
  find(name: string): RestOperation | undefined;
  /** OpenAPI, JSON. */
  description(): string;
};

function createOperations(schema: GraphQLSchema, documents: readonly TrustedDocument[]): Operations {
  // Of several versions the manifest names the newest first.
  const byName = new Map(documents.toReversed().map((document) => [document.name, document]));
  const found = new Map<string, RestOperation | undefined>();
  let description: string | undefined;

  function find(name: string): RestOperation | undefined {
    const document = byName.get(name);
    if (!document) return undefined;
    if (!found.has(name)) found.set(name, restOperationOf(schema, document));
    return found.get(name);
  }
  return {
    schema,
    documents,
    find,
    description() {
      const all = [...byName.keys()].toSorted().flatMap((name) => find(name) ?? []);
      return (description ??= JSON.stringify(describeApi(schema, all)));
    },
  };
}

function sendAnswer(response: ServerResponse, { status, headers, body }: GraphqlAnswer): void {
  for (const [name, value] of Object.entries(headers))
    if (!ofGraphqlBody.has(name.toLowerCase())) response.setHeader(name, value);
  if (body === '') return void response.writeHead(status).end();
  const { data, errors = [] } = JSON.parse(body) as ExecutionResult & { errors?: GraphQLFormattedError[] };
  const isEmpty = !data || (errors.length > 0 && Object.values(data).every((value) => value === null));
  if (isEmpty) return sendProblem(response, executionProblem(errors, status));
  const answer = errors.length > 0 ? { ...data, $errors: errors.map(forRest) } : data;
  send(response, status, 'application/json', JSON.stringify(answer));
}

function sendProblem(response: ServerResponse, of: Problem): void {
  if (of.status === 401) response.setHeader('www-authenticate', 'Bearer');
  response.setHeader('cache-control', 'no-store');
  send(response, of.status, 'application/problem+json', JSON.stringify(of));
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response
    .writeHead(status, { 'content-type': `${contentType}; charset=utf-8`, 'content-length': Buffer.byteLength(text) })
    .end(text);
}
