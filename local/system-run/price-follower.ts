import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

export type PriceEvent = { sequence: number; mid: string };

/** Follows a price as a good client does: for ever, resuming with `after` whenever its connection is lost. */
export type PriceFollower = {
  /** Everything that was received, in order. */
  events: PriceEvent[];
  /** Waits for `count` more events. @throws Error after `timeoutMs` milliseconds */
  more(count: number, timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
};

const document = `
  subscription ResumedPrice($symbol: ID!, $after: BigInt) {
    priceUpdated(symbol: $symbol, after: $after) { sequence mid time }
  }`;

export function followPrice(url: string, symbol: string): PriceFollower {
  const events: PriceEvent[] = [];
  let isStopped = false;
  let client: Client | undefined;
  const following = follow();

  async function follow(): Promise<void> {
    while (!isStopped) {
      client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      const variables = { symbol, after: events.at(-1)?.sequence.toString() };
      try {
        for await (const { data } of client.iterate<{ priceUpdated: { sequence: string; mid: string } }>({
          query: document,
          variables,
        })) {
          if (data) events.push({ sequence: Number(data.priceUpdated.sequence), mid: data.priceUpdated.mid });
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
    async more(count, timeoutMs = 60_000) {
      const [target, deadline] = [events.length + count, Date.now() + timeoutMs];
      while (events.length < target) {
        if (Date.now() > deadline)
          throw new Error(`only ${events.length - target + count} of ${count} events within ${timeoutMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop() {
      isStopped = true;
      await client?.dispose();
      await following;
    },
  };
}
