import type { GraphQLFormattedError } from 'graphql';
import { WebSocket } from 'ws';
import { withCorrelation } from '#shared/correlation.ts';
import { formatError } from '#shared/error-format.ts';
import type { Logger } from '#shared/logger.ts';
import { createFrameWriter, type FrameWriter } from './frame-writer.ts';
import { tooManyOperations, type ClientLimits } from './client-limits.ts';
import type { ClientOperation, ClientOperations, OperationRequest } from '../client-operations.ts';
import type { StreamMessage } from '../stream-message.ts';
import { retire } from './retire-websockets.ts';
import { hangUp, reply, type SocketOperation, type WebSocketClient } from './websocket-client.ts';
import {
  closings,
  completeMessage,
  duplicateSubscriber,
  errorMessage,
  nextHead,
  nextMessage,
} from './websocket-protocol.ts';

/** Runs the operations of WebSocket clients. What is wrong with one is answered to it alone; the connection stays. */
export function createSocketOperations(options: {
  operations: ClientOperations;
  limits: Pick<ClientLimits, 'operationsPerConnection'>;
  logger: Logger;
}) {
  const { operations, logger } = options;
  const { operationsPerConnection } = options.limits;
  const frames = createFrameWriter();

  function start(client: WebSocketClient, id: string, request: OperationRequest): void {
    if (client.operations.has(id)) return hangUp(client, duplicateSubscriber(id), 'protocol_error');
    if (client.operations.size >= operationsPerConnection)
      return reply(client, errorMessage(id, [tooManyOperations(operationsPerConnection)]));
    const operation = createOperation(client, id, frames);
    client.operations.set(id, operation);
    const { correlationId } = client.context!;
    try {
      withCorrelation(correlationId, () => {
        const prepared = operations.prepare(request, client.context!, 'websocket');
        if (isRefused(prepared)) operation.end({ kind: 'error', errors: prepared });
        else if (prepared.kind === 'query') void answer(client, id, operation, prepared);
        else join(client, id, operation, prepared);
      });
    } catch (error) {
      operation.end({ kind: 'error', errors: [withCorrelation(correlationId, () => formatError(error, logger))] });
    }
  }

  function join(
    client: WebSocketClient,
    id: string,
    operation: SocketOperation,
    prepared: Extract<ClientOperation, { kind: 'subscription' }>,
  ): void {
    const stream = prepared.join(operation);
    if (operation.isOver) return;
    // The first message may have been the one too many for a slow client.
    if (client.operations.get(id) !== operation) return stream.leave('disconnected');
    operation.stream = stream;
    operation.isConflatable = stream.isConflatable;
  }

  async function answer(
    client: WebSocketClient,
    id: string,
    operation: SocketOperation,
    prepared: Extract<ClientOperation, { kind: 'query' }>,
  ): Promise<void> {
    client.runningQueries += 1;
    try {
      const result = await prepared.execute();
      // The client may have lost interest, or be gone.
      if (client.operations.get(id) !== operation) return;
      reply(client, nextMessage(id, result));
      operation.end({ kind: 'complete' });
    } catch (error) {
      operation.end({ kind: 'error', errors: [formatError(error, logger)] });
    } finally {
      client.runningQueries -= 1;
      const { retiringAs } = client;
      if (retiringAs && client.runningQueries === 0) hangUp(client, retiringAs.closing, retiringAs.because);
    }
  }

  /** The client wants no more of an operation. */
  function stop(client: WebSocketClient, id: string): void {
    const operation = client.operations.get(id);
    if (!operation) return;
    client.operations.delete(id);
    client.backlog.forget(operation);
    operation.stream?.leave('unsubscribed');
  }

  return { start, stop };
}

function createOperation(client: WebSocketClient, id: string, frames: FrameWriter): SocketOperation {
  const text = nextHead(id);
  const head = { text, bytes: Buffer.byteLength(text) };

  function finish(message: string): void {
    if (client.operations.get(id) !== operation) return;
    client.operations.delete(id);
    reply(client, message);
  }

  const operation: SocketOperation = {
    isConflatable: false,
    isOver: false,
    stream: undefined,
    deliver(message) {
      client.backlog.offer(operation, message);
    },
    // The frame differs between clients in the operation's id alone.
    send({ body }: StreamMessage) {
      if (client.socket.readyState === WebSocket.OPEN) frames.write(client.connection, head, body);
    },
    whenSent: (then) => client.backlog.whenSent(operation, then),
    end(ending) {
      operation.isOver = true;
      operation.stream = undefined;
      if (ending.kind === 'reconnect') {
        client.operations.delete(id);
        client.backlog.forget(operation);
        return retire(client, closings[ending.reason], ending.reason);
      }
      const message = ending.kind === 'complete' ? completeMessage(id) : errorMessage(id, ending.errors);
      client.backlog.whenSent(operation, () => finish(message));
    },
  };
  return operation;
}

function isRefused(
  prepared: ClientOperation | readonly GraphQLFormattedError[],
): prepared is readonly GraphQLFormattedError[] {
  return Array.isArray(prepared);
}
