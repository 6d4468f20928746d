import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { gatewaySecretHeader } from '#shared/subgraph-server.ts';

export type UpstreamConnections = {
  /** A graphql-ws client of a subgraph, shared by all who ask with the same credentials; it connects when it is first used. */
  clientFor(upstream: { url: string; authorization: string | undefined }): Client;
  close(): Promise<void>;
};

/**
 * WebSocket connections to the subgraphs, one for each address and credentials, each closed with its last subscription.
 * Lost connections are not reconnected here: a stream has to say where it resumes.
 */
export function createUpstreamConnections(options: { gatewaySecret: string | undefined }): UpstreamConnections {
  const clients = new Map<string, Client>();
  return {
    clientFor({ url, authorization }) {
      const key = `${url} ${authorization ?? ''}`;
      const existing = clients.get(key);
      if (existing) return existing;
      const client = createClient({
        url: url.replace(/^http/, 'ws'),
        webSocketImpl: WebSocket,
        lazy: true,
        lazyCloseTimeout: 0,
        retryAttempts: 0,
        keepAlive: 10_000,
        // A loss is an error of the streams that it ends, and they say so.
        onNonLazyError: () => {},
        connectionParams: {
          ...(authorization && { authorization }),
          ...(options.gatewaySecret && { [gatewaySecretHeader]: options.gatewaySecret }),
        },
        on: { closed: () => clients.get(key) === client && clients.delete(key) },
      });
      clients.set(key, client);
      return client;
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.dispose()));
      clients.clear();
    },
  };
}
