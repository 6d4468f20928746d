import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewayInterface,
} from '@apollo/server-gateway-interface';
import { GraphQLError, OperationTypeNode, type GraphQLFormattedError } from 'graphql';
import type { Logger } from '#shared/logger.ts';
import type { GatewayContext } from '../gateway-context.ts';
import { formatGatewayError } from '../gateway-errors.ts';
import type { KnownOperation } from './known-operations.ts';
import type { Served, ServeOperation } from './serve-operation.ts';

/** What goes with a request through Apollo Server. */
export type ApolloContext = GatewayContext & {
  /** The operation, which has been parsed and validated; `undefined` for a request that asks for none. */
  known: KnownOperation | undefined;
  /** Takes what it was answered, for the head of the answer. */
  served: { answer: Served | undefined };
};

/** Apollo Server over the gateway: the protocol of what is new or unusual. */
export function createApolloServer(options: {
  gateway: GatewayInterface;
  introspection: boolean;
  logger: Logger;
}): ApolloServer<ApolloContext> {
  const { gateway, introspection, logger } = options;
  return new ApolloServer<ApolloContext>({
    gateway,
    introspection,
    logger,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    documentStore: null,
    // Only what was read before it comes here is ever executed: reading validates.
    dangerouslyDisableValidation: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (_formatted, error) =>
      formattedAlready.get(error as GraphQLError) ?? formatGatewayError(error, logger),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      refuseWhatCannotBeExecuted,
    ],
  });
}

/** Errors that are as clients get them. */
const formattedAlready = new WeakMap<GraphQLError, GraphQLFormattedError>();

/** Executes what Apollo Server has let pass: it takes the short way from then on. */
export function createApolloExecutor(serve: ServeOperation) {
  return async ({ request, context }: GatewayGraphQLRequestContext): Promise<GatewayExecutionResult> => {
    const { known, served } = context as ApolloContext;
    if (!known) throw refusal('This request cannot be read', 'BAD_REQUEST');
    known.hasPassed = true;
    const answer = await serve(known, request.variables, context as ApolloContext);
    served.answer = answer;
    const errors = answer.errors.map(formattedError);
    // The status is that of `Served`, which whoever sends the answer knows.
    return {
      ...(errors.length > 0 && { errors }),
      ...(answer.data !== undefined && { data: JSON.parse(answer.data) as Record<string, unknown> | null }),
      ...(answer.extensions && { extensions: answer.extensions }),
    };
  };
}

function formattedError(formatted: GraphQLFormattedError): GraphQLError {
  const error = new GraphQLError(formatted.message, { extensions: formatted.extensions });
  formattedAlready.set(error, formatted);
  return error;
}

/** What the executor would answer with a 500 although it is the client's mistake. */
const refuseWhatCannotBeExecuted: ApolloServerPlugin<ApolloContext> = {
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
