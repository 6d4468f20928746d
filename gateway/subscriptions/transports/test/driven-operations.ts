import type { ExecutionResult } from 'graphql';
import type { GatewayContext } from '../../../gateway-context.ts';
import type { ClientOperations, OperationRequest, Transport } from '../../client-operations.ts';
import type { JoinedStream, StreamMessage, Subscriber } from '../../stream-message.ts';

export type JoinedOperation = {
  request: OperationRequest;
  context: GatewayContext;
  subscriber: Subscriber;
  /** Why it has left, once it has. */
  left: Parameters<JoinedStream['leave']>[0] | undefined;
};

/**
 * Operations of clients that a test drives, in the place of those that subscribe at subgraphs. A query's text says what it
 * is: with `orders` it keeps every event, with `mine` it is personal, with `refused` it is refused; `{ … }` is a query.
 */
export function createDrivenOperations() {
  const joined: JoinedOperation[] = [];
  const renewed: GatewayContext[] = [];
  const transports: Transport[] = [];
  let execute = async (): Promise<ExecutionResult> => ({ data: { answer: 42 } });
  let onJoin = (_operation: JoinedOperation): void => undefined;

  const operations: ClientOperations = {
    prepare(request, context, transport) {
      transports.push(transport);
      const { query } = request;
      if (query.includes('throws')) throw new Error('a mistake of the gateway');
      if (query.includes('refused')) return [{ message: 'No', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }];
      const isPersonal = query.includes('mine');
      if (isPersonal && context.caller.kind === 'anonymous')
        return [{ message: 'Sign in to do this', extensions: { code: 'UNAUTHENTICATED' } }];
      if (query.startsWith('{')) return { kind: 'query', isMutation: false, execute: () => execute() };
      return {
        kind: 'subscription',
        isResumable: true,
        join(subscriber: Subscriber): JoinedStream {
          const operation: JoinedOperation = { request, context, subscriber, left: undefined };
          joined.push(operation);
          onJoin(operation);
          return {
            isConflatable: !query.includes('orders'),
            isPersonal,
            leave: (reason) => void (operation.left = reason),
          };
        },
      };
    },
    renewed: (context) => void renewed.push(context),
  };
  return {
    operations,
    joined,
    renewed,
    transports,
    /** What executing a query comes to. */
    answerWith: (next: () => Promise<ExecutionResult>) => void (execute = next),
    whenJoined: (next: (operation: JoinedOperation) => void) => void (onJoin = next),
  };
}

/** A message as streams make them. */
export function aMessage(data: unknown, key = 'XAU-USD'): StreamMessage {
  return { body: Buffer.from(JSON.stringify({ data })), key, sequence: undefined };
}
