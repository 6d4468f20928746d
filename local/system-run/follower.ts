import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

/** Follows a subscription as a good client does: for ever, resuming with `after` whenever its connection is lost. */
export type Follower<Event> = {
  /** Everything that was received, in order. */
  events: Event[];
  /** Waits until there are `count` events in all. @throws Error after `timeoutMs` milliseconds */
  until(count: number, timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
};

/**
 * @param options.document a subscription with a variable `$after`, of one field that has a `sequence`
 * @param options.authorization sent with the connection
 */
export function follow<Event extends { sequence: string }>(options: {
  url: string;
  document: string;
  variables?: Record<string, unknown>;
  authorization?: string;
}): Follower<Event> {
  const events: Event[] = [];
  let isStopped = false;
  let client: Client | undefined;
  const following = run();

  async function run(): Promise<void> {
    while (!isStopped) {
      client = createClient({
        url: `${options.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        ...(options.authorization && { connectionParams: { authorization: options.authorization } }),
      });
      const variables = { ...options.variables, after: events.at(-1)?.sequence };
      try {
        for await (const { data } of client.iterate<Record<string, Event>>({ query: options.document, variables })) {
          const [event] = Object.values(data ?? {});
          if (event) events.push(event);
        }
      } catch {
        // The connection is lost: wait a moment and resume.
      }
      await client.dispose();
      if (!isStopped) await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  return {
    events,
    async until(count, timeoutMs = 60_000) {
      const deadline = Date.now() + timeoutMs;
      while (events.length < count) {
        if (Date.now() > deadline) throw new Error(`only ${events.length} of ${count} events within ${timeoutMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop() {
      isStopped = true;
      // It rejects when the connection that is being made fails: then there is none to close.
      await Promise.allSettled([client?.dispose()]);
      await following;
    },
  };
}
