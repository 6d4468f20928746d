import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';

/** What an ordinary GraphQL request over HTTP asks for. */
export type AskedRequest = {
  query: string | undefined;
  /** A document that the server knows (GraphQL over HTTP, persisted documents). */
  documentId: string | undefined;
  operationName: string | undefined;
  variables: Record<string, unknown> | undefined;
  extensions: Record<string, unknown> | undefined;
};

type Parameters = Record<string, unknown>;

/**
 * Reads a request (GraphQL over HTTP) where there is nothing unusual about it: a POST with a JSON object, or a GET that no
 * foreign page could have sent without asking first. Of everything else Apollo Server says what is wrong with it.
 */
export function askedBy(request: IncomingMessage, search: URLSearchParams, json: unknown): AskedRequest | undefined {
  if (request.method === 'POST')
    return isObject(json) && jsonType.test(request.headers['content-type'] ?? '') ? checked(json) : undefined;
  if (request.method !== 'GET' || !isPreflighted(request)) return undefined;
  const parameters: Parameters = {};
  for (const [name, value] of search) {
    // Apollo Server refuses what is there twice.
    if (Object.hasOwn(parameters, name)) return undefined;
    parameters[name] = value;
  }
  try {
    for (const name of ['variables', 'extensions'])
      if (parameters[name] !== undefined) parameters[name] = JSON.parse(parameters[name] as string) as unknown;
  } catch {
    return undefined;
  }
  // In an address these cannot be null.
  return parameters.variables === null || parameters.extensions === null ? undefined : checked(parameters);
}

function checked({ query, documentId, operationName, variables, extensions }: Parameters): AskedRequest | undefined {
  const isText = (value: unknown) => value === undefined || value === null || typeof value === 'string';
  const isOptionalObject = (value: unknown) => value === undefined || value === null || isObject(value);
  if (!isText(query) || !isText(documentId) || !isText(operationName)) return undefined;
  if (!isOptionalObject(variables) || !isOptionalObject(extensions)) return undefined;
  const asked = { query, documentId, operationName, variables, extensions };
  for (const name of Object.keys(asked) as (keyof typeof asked)[]) asked[name] ??= undefined;
  return asked as AskedRequest;
}

function isObject(value: unknown): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const jsonType = /^application\/json *(;|$)/i;

/** A browser asks the server before it sends one of these for a page of another origin; see Apollo Server's CSRF prevention. */
function isPreflighted({ headers }: IncomingMessage): boolean {
  const type = headers['content-type'];
  if (type !== undefined) return jsonType.test(type);
  return Boolean(headers['x-apollo-operation-name'] || headers['apollo-require-preflight']);
}

const jsonTypes = ['application/json; charset=utf-8', 'application/graphql-response+json; charset=utf-8'];
/** By `Accept` header: programs have few, and those who make up new ones do not fill the memory. */
const chosenTypes = new Map<string, string | undefined>();
const keptChoices = 1_000;

/** The content type in which a client takes the answer best, as Apollo Server chooses it; `undefined` for none. */
export function contentTypeFor(accept: string | undefined): string | undefined {
  if (!accept) return jsonTypes[0];
  if (chosenTypes.has(accept)) return chosenTypes.get(accept);
  const chosen = new Negotiator({ headers: { accept } }).mediaType(jsonTypes);
  if (chosenTypes.size < keptChoices) chosenTypes.set(accept, chosen);
  return chosen;
}
