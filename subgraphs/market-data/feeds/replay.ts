import { access, constants } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '#shared/logger.ts';
import type { Feed, FeedHealth, FeedQuote, FeedReceiver } from './feed.ts';
import { readReplayRows } from './replay-rows.ts';

const name = 'replay';

/** Quotes that go out together at most. */
const batchSize = 1_000;
/** Rows that are logged one by one; later bad rows are only counted. */
const loggedProblems = 20;

/**
 * Plays a recording of one symbol: prices exactly as in the file, the gaps between them divided by `speed`, none longer
 * than `maxGapMs` milliseconds of real time. A quote's position is its row; a replay goes on behind the last row that was
 * published. When it falls behind (a slow Redis, a pause) it catches up without waiting; at the end it stays idle.
 */
export function createReplay(options: {
  file: string;
  symbol: string;
  speed: number;
  maxGapMs: number;
  weight: number;
  clock: () => number;
  logger: Logger;
}): Feed {
  const { file, symbol, speed, maxGapMs, clock, logger } = options;
  const stopping = new AbortController();
  const health: FeedHealth = { ok: true, detail: 'not started', lastQuoteAt: undefined };
  let playing: Promise<void> = Promise.resolve();

  async function play(behindRow: number, { onQuotes, room }: FeedReceiver): Promise<void> {
    const { signal } = stopping;
    let batch: FeedQuote[] = [];
    let [rows, problems] = [0, 0];
    let previous: number | undefined;
    let dueAt = performance.now();
    const flush = async () => {
      if (batch.length === 0) return;
      const quotes = batch;
      batch = [];
      health.lastQuoteAt = clock();
      onQuotes(quotes);
      await room();
    };
    for await (const row of readReplayRows(file, signal)) {
      rows = row.row;
      if (row.row <= behindRow) continue;
      if ('problem' in row) {
        problems += 1;
        if (problems <= loggedProblems)
          logger.warn({ line: row.line, problem: row.problem }, 'skipped a row of the replay');
        continue;
      }
      dueAt += Math.min(Math.max(0, row.time - (previous ?? row.time)) / speed, maxGapMs);
      previous = row.time;
      if (dueAt > performance.now() || batch.length >= batchSize) {
        await flush();
        const waitMs = dueAt - performance.now();
        if (waitMs > 0) await wait(waitMs, undefined, { signal });
      }
      if (signal.aborted) return;
      batch.push({ source: name, symbol, bid: row.bid, ask: row.ask, time: row.time, feedPosition: String(row.row) });
    }
    await flush();
    health.detail = 'the replay is at its end';
    logger.info({ file, rows, skippedRows: problems }, 'the replay is at its end; no further prices will come');
  }

  return {
    name,
    // However old the recording is, its last price holds as long as one of today would.
    sources: [{ name, symbol, kind: 'spot', weight: options.weight, freshForMs: 5_000, isLive: false }],
    async start(receiver) {
      await access(file, constants.R_OK);
      const behindRow = Number(receiver.resumeFrom.get(symbol)?.feedPosition ?? 0);
      logger.info({ file, symbol, speed, behindRow }, 'replaying');
      health.detail = 'replaying';
      playing = play(behindRow, receiver).catch((err: unknown) => {
        if (stopping.signal.aborted) return;
        Object.assign(health, {
          ok: false,
          detail: `the replay failed: ${err instanceof Error ? err.message : String(err)}`,
        });
        logger.error({ err, file }, 'the replay failed');
      });
    },
    async stop() {
      stopping.abort();
      await playing;
    },
    health: () => ({ ...health }),
  };
}
