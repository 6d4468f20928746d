import type { IncomingMessage } from 'node:http';
import type { GatewayContext } from '../gateway-context.ts';
import { cachingHeaders, entityTagOf, isForAll, isNotModified, notKept } from '../queries/caching/caching-headers.ts';
import type { KnownOperations } from '../queries/known-operations.ts';
import { resultText } from '../queries/result-text.ts';
import type { Served, ServeOperation } from '../queries/serve-operation.ts';
import type { Admission } from '../security/limits/admission.ts';
import { rateHeaders } from '../security/limits/rate-headers.ts';
import type { Generation } from '../supergraph/generation.ts';
import type { GraphqlAnswer, RestExecution } from './rest-routes.ts';

/** Executes what a REST client asks for as the same operation of a GraphQL client would be: limits, rules and caches included. */
export function createRestExecutor(options: {
  generation: () => Generation;
  operations: KnownOperations;
  admission: Admission;
  serve: ServeOperation;
}) {
  const { operations, admission, serve } = options;

  async function served(asked: RestExecution, context: GatewayContext): Promise<Served> {
    const known = operations.read(options.generation(), asked.query, asked.operationName);
    if ('document' in known) return serve(known, asked.variables, context);
    // It was trusted, and is not valid any more.
    const { status, errors, budget } = admission.refuse(known, context.client);
    return { status, errors, budget, data: undefined, extensions: undefined, policy: notKept, kept: undefined };
  }

  return async (asked: RestExecution, request: IncomingMessage, context: GatewayContext): Promise<GraphqlAnswer> => {
    const answer = await served(asked, context);
    const { status, policy, kept, budget } = answer;
    const body = resultText(answer);
    const isGet = request.method !== 'POST';
    const entityTag = isGet && policy.maxAge > 0 ? entityTagOf(kept ?? body) : undefined;
    const ofBudget = budget && !isForAll(policy) && rateHeaders(budget);
    const headers = { ...pairs(cachingHeaders(policy, { isGet, entityTag })), ...ofBudget };
    if (entityTag !== undefined && isNotModified(request.headers, entityTag)) return { status: 304, headers, body: '' };
    return { status, headers, body };
  };
}

function pairs(list: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let at = 0; at < list.length; at += 2) record[list[at]!] = list[at + 1]!;
  return record;
}
