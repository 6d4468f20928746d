import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { RetryLink } from '@apollo/client/link/retry';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient as createUrqlClient, fetchExchange, subscriptionExchange } from '@urql/core';
import type { ExecutionResult } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What every client subscribes to. */
export const soldItems = 'subscription Sold($after: String) { itemSold(after: $after) { sequence item { name } } }';

export type Sold = { itemSold: { sequence: number; item: { name: string } | null } };

/** What becomes of a subscription. Whoever comes back by itself has no problem, and is not told that it is complete. */
export type Follower = { sold(sold: Sold): void; problem(problem: unknown): void };

/** A client as an application would set it up, to come back by itself and to go on behind what it has seen last. */
export type RealClient = {
  name: string;
  /** Follows the items that are sold. @returns stops it */
  follow(url: string, follower: Follower): () => void;
};

type Sink = { next(result: ExecutionResult<Sold>): void; error(error: unknown): void; complete(): void };
type Payload = { query: string; variables: { after?: string } };
type StreamClient = { subscribe(payload: Payload, sink: Sink): () => void; dispose(): void };

/** Milliseconds after which clients come back here; what they have by default is made for the Internet. */
const retryMs = 20;
const briefly = () => new Promise<void>((resolve) => setTimeout(resolve, retryMs));

const wsClient = (url: string, retryAttempts = 1_000) =>
  createWsClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts,
    retryWait: briefly,
  });
const sseClient = (url: string) => createSseClient({ url, retryAttempts: 1_000, retry: briefly });

/**
 * graphql-ws and graphql-sse write the operation anew from the same object each time that they connect: an application that
 * keeps the last sequence in its variables is resumed behind it.
 */
function bare(name: string, createClient: (url: string) => unknown): RealClient {
  return {
    name,
    follow(url, follower) {
      const client = createClient(url) as StreamClient;
      const variables: Payload['variables'] = {};
      const stop = client.subscribe(
        { query: soldItems, variables },
        {
          next({ data, errors }) {
            if (!data) return follower.problem(errors);
            variables.after = String(data.itemSold.sequence);
            follower.sold(data);
          },
          error: follower.problem,
          complete: () => follower.problem('complete'),
        },
      );
      return () => {
        stop();
        client.dispose();
      };
    },
  };
}

function urql(name: string, createClient: (url: string) => unknown): RealClient {
  return {
    name,
    follow(url, follower) {
      const client = createClient(url) as StreamClient;
      const variables: Payload['variables'] = {};
      const exchange = subscriptionExchange({
        forwardSubscription: ({ query = '' }) => ({
          subscribe: (sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink as Sink) }),
        }),
      });
      const { subscription } = createUrqlClient({ url, preferGetMethod: false, exchanges: [fetchExchange, exchange] });
      const { unsubscribe } = subscription<Sold>(soldItems, {}).subscribe(({ data, error }) => {
        if (!data) return follower.problem(error);
        variables.after = String(data.itemSold.sequence);
        follower.sold(data);
      });
      return () => {
        unsubscribe();
        client.dispose();
      };
    },
  };
}

/** Apollo Client's links may write the variables anew each time that its RetryLink tries again. */
function apollo(name: string, createLink: (url: string) => { link: ApolloLink; dispose?: () => void }): RealClient {
  return {
    name,
    follow(url, follower) {
      const { link, dispose } = createLink(url);
      let after: string | undefined;
      const resume = new ApolloLink((operation, forward) => {
        operation.variables = { ...operation.variables, after };
        return forward(operation);
      });
      const retry = new RetryLink({ delay: { initial: retryMs, jitter: false }, attempts: { max: 1_000 } });
      const client = new ApolloClient({ link: ApolloLink.from([retry, resume, link]), cache: new InMemoryCache() });
      const subscription = client.subscribe<Sold>({ query: gql(soldItems), fetchPolicy: 'no-cache' }).subscribe({
        next({ data, error }) {
          if (!data) return follower.problem(error);
          after = String(data.itemSold.sequence);
          follower.sold(data);
        },
        complete: () => follower.problem('complete'),
      });
      return () => {
        subscription.unsubscribe();
        client.stop();
        dispose?.();
      };
    },
  };
}

/** The clients that run in Node. */
export const nodeClients: RealClient[] = [
  bare('graphql-ws', wsClient),
  bare('graphql-sse', sseClient),
  apollo('Apollo Client over multipart', (uri) => ({ link: new HttpLink({ uri }) })),
  apollo('Apollo Client over graphql-ws', (url) => {
    const client = wsClient(url, 0);
    return { link: new GraphQLWsLink(client), dispose: () => void client.dispose() };
  }),
  urql('urql over graphql-ws', wsClient),
  urql('urql over graphql-sse', sseClient),
];
