import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import { GraphQLError, OperationTypeNode, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { formatGatewayError } from '../gateway-errors.ts';

/** Apollo Server over the gateway: the protocol of queries and mutations. */
export function createApolloServer(options: {
  gateway: GatewayInterface;
  introspection: boolean;
  logger: Logger;
}): ApolloServer<GatewayContext> {
  const { gateway, introspection, logger } = options;
  return new ApolloServer<GatewayContext>({
    gateway,
    introspection,
    logger,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (_formatted, error) => formatGatewayError(error, logger),
    plugins: [ApolloServerPluginLandingPageDisabled(), refuseWhatCannotBeExecuted],
  });
}

/** Executes a query or mutation that did not come over HTTP. */
export async function executeOperation(
  apollo: ApolloServer<GatewayContext>,
  { query, variables, operationName }: SubscribePayload,
  contextValue: GatewayContext,
): Promise<ExecutionResult> {
  const { body } = await apollo.executeOperation(
    { query, variables: variables ?? undefined, operationName: operationName ?? undefined },
    { contextValue },
  );
  if (body.kind === 'incremental') throw new Error('incremental delivery is not served over this transport');
  const { errors, ...result } = body.singleResult;
  // A GraphQLError takes locations only from the nodes that they are made of, which a formatted error no longer has.
  const withPlace = (error: GraphQLFormattedError) =>
    Object.assign(new GraphQLError(error.message, error), { locations: error.locations });
  return { ...result, ...(errors && { errors: errors.map(withPlace) }) };
}

/** What the executor would answer with a 500 although it is the client's mistake. */
const refuseWhatCannotBeExecuted: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, request }) {
        if (!operation)
          throw refusal(
            `There is no operation named "${request.operationName}" to run`,
            'OPERATION_RESOLUTION_FAILURE',
          );
        if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return;
        throw refusal(
          'Subscriptions are served at this address over WebSocket (graphql-transport-ws), as server-sent events (accept: text/event-stream) and as multipart (accept: multipart/mixed;subscriptionSpec=1.0)',
          'BAD_REQUEST',
        );
      },
    };
  },
};

function refusal(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: 400 } } });
}
