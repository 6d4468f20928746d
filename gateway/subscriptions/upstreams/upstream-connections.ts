import { createClient, type Client, type ClientOptions } from 'graphql-ws';
import { WebSocket } from 'ws';
import { gatewaySecretHeader } from '#shared/subgraph-server.ts';

/** A subgraph, and on whose behalf it is asked. */
export type Upstream = { url: string; authorization: string | undefined };

export type UpstreamConnections = {
  /**
   * A graphql-ws client of a subgraph for one more subscription: without credentials one of a pool, else the one of those
   * credentials. It connects when it is first used and is closed with its last subscription.
   */
  clientFor(upstream: Upstream): Client;
  /** A connection for one subscription alone, whose events come no faster than they are taken. */
  openPaced(upstream: Upstream): PacedConnection;
  close(): Promise<void>;
};

export type PacedConnection = {
  client: Client;
  /** An event has been dealt with. */
  taken(): void;
  /** No more is taken. A paused socket would not read the answer to its close, and stay for half a minute. */
  end(): void;
};

/** Events that a paced connection receives ahead of what is taken. */
const eventsAhead = 100;

/**
 * WebSocket connections to the subgraphs. Public streams share a few of them for each subgraph, so that they spread over
 * its processes; what carries a caller's credentials has a connection of its own.
 * Lost connections are not reconnected here: a stream has to say where it resumes.
 * @param options.connections of the pool of one subgraph, at most
 * @param options.answerMs milliseconds that a subgraph has to answer a handshake or a ping
 */
export function createUpstreamConnections(options: {
  gatewaySecret: string | undefined;
  connections: number;
  keepAliveMs?: number;
  answerMs?: number;
}): UpstreamConnections {
  const { keepAliveMs = 10_000, answerMs = 5_000 } = options;
  const shared = new Map<string, Client>();
  const paced = new Set<Client>();
  let turn = 0;

  /** graphql-ws waits for the protocol's answer, and for the connection itself without end. */
  class PromptWebSocket extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { handshakeTimeout: answerMs });
    }
  }

  function open({ url, authorization }: Upstream, on: ClientOptions['on']): Client {
    return createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: PromptWebSocket,
      lazy: true,
      lazyCloseTimeout: 0,
      connectionAckWaitTimeout: answerMs,
      retryAttempts: 0,
      keepAlive: keepAliveMs,
      // A loss is an error of the streams that it ends, and they say so.
      onNonLazyError: () => {},
      connectionParams: {
        ...(authorization && { authorization }),
        ...(options.gatewaySecret && { [gatewaySecretHeader]: options.gatewaySecret }),
      },
      on,
    });
  }

  return {
    clientFor(upstream) {
      const { url, authorization } = upstream;
      const key = authorization ? `${url} ${authorization}` : `${url} #${turn++ % options.connections}`;
      const existing = shared.get(key);
      if (existing) return existing;
      let unanswered: NodeJS.Timeout | undefined;
      const client = open(upstream, {
        // A subgraph whose host is gone does not say so: its clients would look at the last price for minutes.
        ping: (isReceived) => {
          if (!isReceived) unanswered ??= setTimeout(() => client.terminate(), answerMs);
        },
        pong(isReceived) {
          if (!isReceived) return;
          clearTimeout(unanswered);
          unanswered = undefined;
        },
        closed() {
          clearTimeout(unanswered);
          if (shared.get(key) === client) shared.delete(key);
        },
      });
      shared.set(key, client);
      return client;
    },
    openPaced(upstream) {
      let socket: WebSocket | undefined;
      let ahead = 0;
      const client = open(upstream, {
        opened(opened) {
          socket = opened as WebSocket;
          ahead = 0;
        },
        message({ type }) {
          if (type !== 'next') return;
          ahead += 1;
          if (ahead > eventsAhead) socket?.pause();
        },
        closed: () => paced.delete(client),
      });
      paced.add(client);
      return {
        client,
        taken() {
          ahead -= 1;
          if (socket?.isPaused && ahead < eventsAhead / 2) socket.resume();
        },
        end() {
          ahead = -Infinity;
          socket?.resume();
        },
      };
    },
    async close() {
      // A client whose connection is refused while it closes says so by rejecting: there is nothing left to close.
      await Promise.allSettled([...shared.values(), ...paced].map((client) => client.dispose()));
      shared.clear();
      paced.clear();
    },
  };
}
