import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print, type DocumentNode, type ExecutionResult } from 'graphql';
import { createClient, type ClientOptions } from 'graphql-ws';
import { WebSocket } from 'ws';
import { inTime } from '../waiting.ts';

export type Document<Data, Variables> = string | DocumentNode | TypedDocumentNode<Data, Variables>;
type Anything = Record<string, never>;

export type GraphqlClient = {
  /** Sends a query or mutation over HTTP and returns the whole result, errors included. */
  request<Data = Anything, Variables = Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables?: Variables,
    headers?: Record<string, string>,
  ): Promise<ExecutionResult<Data> & { status: number }>;
  /** Subscribes over graphql-ws. `take` waits for events; `return()` unsubscribes. */
  subscribe<Data = Anything, Variables = Record<string, unknown>>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): EventReader<ExecutionResult<Data>>;
  close(): Promise<void>;
};

export type EventReader<T> = {
  /** The next `count` events; rejects when the subscription fails or ends before, or after `timeoutMs` milliseconds. */
  take(count: number, timeoutMs?: number): Promise<T[]>;
  next(timeoutMs?: number): Promise<T>;
  return(): Promise<void>;
};

/** A client of one GraphQL endpoint, real HTTP and real WebSockets. */
export function createGraphqlClient(
  url: string,
  options: { headers?: Record<string, string>; socket?: Partial<ClientOptions> } = {},
): GraphqlClient {
  const sockets = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...options.socket,
  });
  return {
    async request(document, variables, headers) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...options.headers, ...headers },
        body: JSON.stringify({ query: text(document), variables }),
      });
      return { ...((await response.json()) as object), status: response.status };
    },
    subscribe(document, variables) {
      return readEvents(sockets.iterate({ query: text(document), variables: variables as Record<string, unknown> }));
    },
    // It rejects when the connection is refused meanwhile: then there is none to close.
    close: async () => void (await Promise.allSettled([sockets.dispose()])),
  } as GraphqlClient;
}

function text(document: string | DocumentNode): string {
  return typeof document === 'string' ? document : print(document);
}

function readEvents<T>(events: AsyncIterableIterator<T>): EventReader<T> {
  const next = async (timeoutMs = 30_000): Promise<T> => {
    const result = await inTime(events.next(), timeoutMs);
    if (!result) throw new Error(`no event within ${timeoutMs} ms`);
    if (result.done) throw new Error('the subscription has ended');
    return result.value;
  };
  return {
    next,
    async take(count, timeoutMs) {
      const taken: T[] = [];
      while (taken.length < count) taken.push(await next(timeoutMs));
      return taken;
    },
    async return() {
      await events.return?.();
    },
  };
}
