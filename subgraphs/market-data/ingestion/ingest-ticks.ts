import type { Logger } from '#shared/logger.ts';
import type { TickWriter } from '#shared/ticks/tick-writer.ts';
import { midOf, type UnsequencedTick } from '#shared/ticks/tick.ts';
import { inTime } from '#shared/waiting.ts';
import type { Feed, FeedQuote, ResumePoint } from '../feeds/feed.ts';
import type { IngestionMetrics } from '../market-data-metrics.ts';
import type { PriceMaker } from './price-maker.ts';
import { createQuoteBuffer } from './quote-buffer.ts';
import type { KnownSequences, SequenceCeilings } from './sequence-ceilings.ts';

export type TickIngestion = {
  /** Takes up every symbol where it was left and starts the feeds. @throws what a feed throws when it can never deliver */
  start(): Promise<void>;
  /** Ends the feeds, publishes what has arrived, for at most `graceMs`, and settles the sequences. */
  stop(graceMs: number): Promise<void>;
};

/** Ticks that are published together at most. */
const batchSize = 1_000;
/** Wait before a batch is tried again that Redis has refused. */
const retryMs = 250;
/** How often a feed that can wait looks whether there is room. */
const roomMs = 10;

/**
 * The way of a quote into the tick stream: collected for a moment with those of other feeds, made into a price, numbered
 * and appended. Ticks that Redis keeps waiting are held up to a bound; then the oldest go, because the latest matters most.
 * @param options.symbols everything that may be published
 * @param options.windowMs milliseconds in which quotes of several feeds count as simultaneous; one feed is not waited for
 * @param options.mostUnwrittenTicks ticks of a symbol that the stream keeps while the history does not have them
 * @param options.lastMidOf where to go on when the stream is gone: the last known mid price of a symbol
 */
export function createTickIngestion(options: {
  feeds: readonly Feed[];
  symbols: readonly string[];
  prices: PriceMaker;
  writer: TickWriter;
  ceilings: SequenceCeilings;
  lastMidOf: (symbol: string) => Promise<string | undefined>;
  windowMs: number;
  bufferTicks: number;
  mostUnwrittenTicks: number;
  metrics: IngestionMetrics;
  clock: () => number;
  logger: Logger;
}): TickIngestion {
  const { feeds, symbols, prices, writer, ceilings, metrics, clock, logger } = options;
  const buffer = createQuoteBuffer<UnsequencedTick>(options.bufferTicks);
  const windowMs = feeds.length > 1 ? options.windowMs : 0;
  let gathered: FeedQuote[] = [];
  let windowTimer: NodeJS.Timeout | undefined;
  let publishing: Promise<void> | undefined;
  let isStopping = false;
  let isStopped = false;

  /** Whether who can wait should: Redis does not take ticks as fast as they come, or the history falls behind the stream. */
  function isCrowded(): boolean {
    const waiting = buffer.size();
    return (
      waiting > options.bufferTicks / 2 ||
      symbols.some((symbol) => waiting + writer.unreleased(symbol) > options.mostUnwrittenTicks / 2)
    );
  }

  async function resumePoint(symbol: string, known: KnownSequences): Promise<ResumePoint | undefined> {
    const newest = await writer.open(symbol, known);
    if (newest) {
      prices.resume(newest);
      return { mid: midOf(newest).toFixed(), feedPosition: newest.feedPosition };
    }
    const mid = await options.lastMidOf(symbol);
    return mid === undefined ? undefined : { mid };
  }

  function onQuotes(quotes: FeedQuote[]): void {
    if (windowMs === 0) return takeQuotes(quotes);
    for (const quote of quotes) gathered.push(quote);
    windowTimer ??= setTimeout(closeWindow, windowMs);
  }

  function closeWindow(): void {
    clearTimeout(windowTimer);
    windowTimer = undefined;
    const quotes = gathered;
    gathered = [];
    if (quotes.length > 0) takeQuotes(quotes);
  }

  function takeQuotes(quotes: FeedQuote[]): void {
    metrics.received.inc(quotes.length);
    add(prices.take(quotes, clock()));
  }

  function add(ticks: UnsequencedTick[]): void {
    if (ticks.length === 0) return;
    const dropped = buffer.add(ticks);
    if (dropped > 0) metrics.dropped.inc(dropped);
    publishing ??= publishAll();
  }

  async function publishAll(): Promise<void> {
    while (buffer.size() > 0 && !isStopped) {
      const groups = Map.groupBy(buffer.take(batchSize), ({ symbol }) => symbol);
      await Promise.all([...groups].map(([symbol, ticks]) => publish(symbol, ticks)));
    }
    // At once, so that what is added from now on begins anew.
    publishing = undefined;
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
        if (attempt === 1) logger.error({ err, symbol }, 'ticks could not be appended; trying again until they are');
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  return {
    async start() {
      const known = await ceilings.open(symbols);
      const points = await Promise.all(
        symbols.map(async (symbol) => [symbol, await resumePoint(symbol, known.get(symbol)!)] as const),
      );
      const resumeFrom = new Map(points.flatMap(([symbol, point]) => (point ? [[symbol, point] as const] : [])));
      for (const feed of feeds) {
        await feed.start({
          resumeFrom,
          onQuotes,
          onAlive: (source) => add(prices.confirm(source, clock())),
          room: async () => {
            while (isCrowded() && !isStopping) await new Promise((resolve) => setTimeout(resolve, roomMs));
          },
        });
      }
    },
    async stop(graceMs) {
      isStopping = true;
      await Promise.all(feeds.map((feed) => feed.stop()));
      closeWindow();
      const isPublished = await inTime(
        Promise.resolve(publishing).then(() => true),
        graceMs,
      );
      isStopped = true;
      // What is still on its way to Redis may arrive yet: its sequences stay below the raised ceiling.
      if (!isPublished) return logger.warn('stopped before all ticks were published');
      const settled = Promise.all(symbols.map((symbol) => ceilings.settle(symbol, writer.lastSequence(symbol)))).catch(
        (err: unknown) =>
          logger.warn({ err }, 'sequence ceilings could not be settled; the next start may leave a gap'),
      );
      await inTime(settled, graceMs);
    },
  };
}
