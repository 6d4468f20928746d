import { createLogger } from '#shared/logger.ts';
import { eventually } from '#shared/testing/eventually.ts';
import type { ExchangeTimings } from '../exchange-protocol.ts';
import type { Feed, FeedQuote } from '../feed.ts';

/** What a feed delivers. */
export type Received = {
  quotes: FeedQuote[];
  /** By source: how often it was confirmed. */
  alive: Map<string, number>;
  /** When any was confirmed last: `performance.now()`. */
  aliveAt: number;
  /** Waits until there are so many quotes. */
  until(count: number): Promise<FeedQuote[]>;
};

/** Starts a feed. */
export async function receive(feed: Feed): Promise<Received> {
  const received: Received = {
    quotes: [],
    alive: new Map(),
    aliveAt: 0,
    async until(count) {
      await eventually(() => {
        if (received.quotes.length < count) throw new Error(`${received.quotes.length} of ${count} quotes`);
      });
      return received.quotes;
    },
  };
  await feed.start({
    resumeFrom: new Map(),
    onQuotes: (quotes) => received.quotes.push(...quotes),
    onAlive(source) {
      received.alive.set(source, (received.alive.get(source) ?? 0) + 1);
      received.aliveAt = performance.now();
    },
    room: async () => {},
  });
  return received;
}

/** A logger whose lines are kept; `level` 40 is a warning, 50 an error. */
export function keptLog() {
  const lines: { level: number; msg: string; reason?: string; problem?: string }[] = [];
  const to = { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) };
  return { lines, logger: createLogger({ service: 'test', level: 'debug', to }) };
}

/** Faults are repaired within milliseconds; deadlines are so long that a busy machine does not meet them. */
export const fastTimings: Partial<ExchangeTimings> = {
  backoff: { firstMs: 4, longestMs: 32 },
  connectGapMs: 0,
  handshakeMs: 30_000,
  idleMs: 30_000,
  aliveEveryMs: 10,
  lingerMs: 50,
  resubscribeMs: 20,
};
