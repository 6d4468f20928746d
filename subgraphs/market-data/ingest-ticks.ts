import type { Logger } from '#shared/logger.ts';
import type { TickWriter } from '#shared/ticks/tick-writer.ts';
import { midOf, type UnsequencedTick } from '#shared/ticks/tick.ts';
import { inTime } from '#shared/waiting.ts';
import { problemOfQuote } from './domain/validate-quote.ts';
import type { Feed, RawQuote, ResumePoint } from './feeds/feed.ts';
import type { IngestionMetrics } from './market-data-metrics.ts';
import { createQuoteBuffer } from './quote-buffer.ts';
import type { KnownSequences, SequenceCeilings } from './sequence-ceilings.ts';

export type TickIngestion = {
  /** Takes up every symbol where it was left and starts the feed. @throws what the feed throws when it can never deliver */
  start(): Promise<void>;
  /** Ends the feed, publishes what has arrived, for at most `graceMs`, and settles the sequences. */
  stop(graceMs: number): Promise<void>;
};

/** Ticks that are published together at most. */
const batchSize = 1_000;
/** Wait before a batch is tried again that Redis has refused. */
const retryMs = 250;

/**
 * The way of a quote into the tick stream: validated, collected while a publish is in flight, numbered and appended. Quotes
 * that Redis keeps waiting are held up to a bound; then the oldest go, because the latest price matters most.
 * @param options.lastMidOf where to go on when the stream is gone: the last known mid price of a symbol
 */
export function createTickIngestion(options: {
  feed: Feed;
  writer: TickWriter;
  ceilings: SequenceCeilings;
  lastMidOf: (symbol: string) => Promise<string | undefined>;
  maxSpreadBps: number;
  bufferTicks: number;
  metrics: IngestionMetrics;
  clock: () => number;
  logger: Logger;
}): TickIngestion {
  const { feed, writer, ceilings, metrics, clock, logger } = options;
  const symbols = new Set(feed.symbols);
  const buffer = createQuoteBuffer<UnsequencedTick>(options.bufferTicks);
  let publishing: Promise<void> | undefined;
  let isStopping = false;
  let isStopped = false;
  let room = Promise.withResolvers<void>();

  async function resumePoint(symbol: string, known: KnownSequences): Promise<ResumePoint | undefined> {
    const newest = await writer.open(symbol, known);
    if (newest) return { mid: midOf(newest).toFixed(), feedPosition: newest.feedPosition };
    const mid = await options.lastMidOf(symbol);
    return mid === undefined ? undefined : { mid };
  }

  function accept(quote: RawQuote): UnsequencedTick[] {
    const receivedAt = clock();
    const problem = symbols.has(quote.symbol)
      ? problemOfQuote(quote, { maxSpreadBps: options.maxSpreadBps, receivedAt })
      : 'UNKNOWN_SYMBOL';
    if (problem) {
      metrics.rejected.inc({ reason: problem });
      logger.debug({ quote, problem }, 'refused a quote');
      return [];
    }
    const { bid, ask, time } = quote;
    // One source: whatever it says cannot be checked against another.
    return [{ ...quote, receivedAt, quality: 'DEGRADED', sources: [{ name: feed.name, bid, ask, time }] }];
  }

  function onQuotes(quotes: RawQuote[]): void {
    const accepted = quotes.flatMap(accept);
    metrics.accepted.inc(accepted.length);
    const dropped = buffer.add(accepted);
    if (dropped > 0) metrics.dropped.inc(dropped);
    publishing ??= publishAll().finally(() => (publishing = undefined));
  }

  async function publishAll(): Promise<void> {
    while (buffer.size() > 0 && !isStopped) {
      const groups = Map.groupBy(buffer.take(batchSize), ({ symbol }) => symbol);
      await Promise.all([...groups].map(([symbol, ticks]) => publish(symbol, ticks)));
      if (buffer.size() <= options.bufferTicks / 2) {
        room.resolve();
        room = Promise.withResolvers();
      }
    }
  }

  /** Publishes the ticks of one symbol, which are there as a whole or not at all, until it has succeeded. */
  async function publish(symbol: string, ticks: UnsequencedTick[]): Promise<void> {
    for (let attempt = 1; !isStopped; attempt += 1) {
      try {
        await ceilings.reserve(symbol, writer.lastSequence(symbol) + ticks.length);
        const published = await writer.publish(ticks);
        metrics.published.inc({ symbol }, published.length);
        metrics.lastSequence.set({ symbol }, writer.lastSequence(symbol));
        return;
      } catch (err) {
        if (isStopped) return;
        if (attempt === 1) logger.error({ err, symbol }, 'Redis refused ticks; trying again until it takes them');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  return {
    async start() {
      const known = await ceilings.open(feed.symbols);
      const resumeFrom = new Map<string, ResumePoint>();
      for (const symbol of feed.symbols) {
        const point = await resumePoint(symbol, known.get(symbol)!);
        if (point) resumeFrom.set(symbol, point);
      }
      await feed.start({
        resumeFrom,
        onQuotes,
        room: async () => {
          if (buffer.size() > options.bufferTicks / 2 && !isStopping) await room.promise;
        },
      });
    },
    async stop(graceMs) {
      isStopping = true;
      room.resolve();
      await feed.stop();
      const isPublished = await inTime(
        Promise.resolve(publishing).then(() => true),
        graceMs,
      );
      isStopped = true;
      // What is still on its way to Redis may arrive yet: its sequences stay below the raised ceiling.
      if (!isPublished) return logger.warn('stopped before all ticks were published');
      await Promise.all(feed.symbols.map((symbol) => ceilings.settle(symbol, writer.lastSequence(symbol)))).catch(
        (err: unknown) =>
          logger.warn({ err }, 'sequence ceilings could not be settled; the next start may leave a gap'),
      );
    },
  };
}
