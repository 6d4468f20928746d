import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import type { GatewayContext } from '../../gateway-context.ts';
import { bodyHeadOf, type FetchFromSubgraph } from '../subgraph-fetch.ts';

/**
 * A subgraph as Apollo's executor asks it. Of an operation that it is given as text it is not known whether the answer
 * depends on who asks: it is asked for on behalf of the caller, and not shared.
 */
export function createSubgraphDataSource(
  subgraph: string,
  fetch: FetchFromSubgraph,
): GraphQLDataSource<GatewayContext> {
  return {
    async process({ request, context }) {
      const text = request.query ?? '';
      const operation = {
        subgraph,
        kind: /^\s*mutation\b/.test(text) ? ('mutation' as const) : ('query' as const),
        text,
        operationName: request.operationName,
        isPersonal: true,
        bodyHead: bodyHeadOf(text, request.operationName),
      };
      const variables = JSON.stringify(request.variables ?? {}).slice(1, -1);
      return fetch({ operation, variables, representations: undefined }, context as GatewayContext);
    },
  };
}
