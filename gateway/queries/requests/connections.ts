import { Client } from 'undici';

/** Kept-alive HTTP/1.1 connections to one origin. */
export type Connections = {
  /** One that carries nothing now; it is to be given back when it is free again. */
  take(): Client;
  giveBack(client: Client): void;
  /** Cuts one that was taken, and what it carries. */
  discard(client: Client): void;
  /** Closes those that carry nothing, now and when they are given back. */
  retire(): void;
  /** Cuts all. */
  close(): Promise<void>;
};

/** A network of machines that stand together connects in milliseconds; who does not within these is not there. */
const connectTimeoutMs = 2_000;
/** Beyond what servers keep idle connections for, who say so in a header of theirs that is obeyed. */
const keepAliveMs = 30_000;

/**
 * The connection that was used last is used first, so that those which are not needed become idle and close. undici's own
 * pool looks for a free one among all, from the first on, which takes a tenth of a request when many are busy.
 *
 * There are as many as requests were under way at once: whoever asks limits that.
 */
export function createConnections(origin: string): Connections {
  const all = new Set<Client>();
  const free: Client[] = [];
  let isRetired = false;

  function connect(): Client {
    const client = new Client(origin, {
      // Nothing is sent on one that carries something: who takes it has it alone, and what is posted undici never sends behind
      // something else. With 1 it would wait a turn of the event loop after each answer, for others that may wait.
      pipelining: 2,
      keepAliveTimeout: keepAliveMs,
      connectTimeout: connectTimeoutMs,
      // Each request has a deadline of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    all.add(client);
    return client;
  }

  return {
    take: () => free.pop() ?? connect(),
    giveBack(client) {
      if (isRetired) void client.close();
      else free.push(client);
    },
    discard(client) {
      all.delete(client);
      void client.destroy();
    },
    retire() {
      isRetired = true;
      for (const client of free.splice(0)) void client.close();
    },
    async close() {
      await Promise.all([...all].map((client) => client.destroy()));
    },
  };
}
