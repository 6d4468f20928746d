import { Decimal } from '#shared/decimal.ts';
import { createConsensus } from '../../subgraphs/market-data/domain/consensus.ts';
import { symbol, type IngestionSystem, type RecordedQuote } from './ingestion-system.ts';

/** Ticks that go out together, as the worker sends them at most. */
const batchSize = 1_000;
/** Entries and rows that are taken from what the worker has written, and written over and over. */
const sampleSize = 5_000;

/** Quotes a second through validation and consensus in this process: of one source, as a recording has. */
export function considerPerSecond(quotes: readonly RecordedQuote[]): number {
  return best(3, quotes.length, () => {
    const source = { name: 'replay', symbol, kind: 'spot' as const, weight: 1, freshForMs: 5_000, isLive: false };
    const limits = { maxSpreadBps: 50, maxJumpBps: 50, maxDistanceBps: 35, midSpreadBps: 3, decimals: 3 };
    const consensus = createConsensus({ sources: [source], limits });
    let time = Date.parse('2026-03-02T10:00:00Z');
    for (const { bid, ask, gapMs } of quotes) {
      time += gapMs;
      const made = consensus.consider({ source: 'replay', bid, ask, time }, { now: time, isOpen: true });
      if ('problem' in made) throw new Error(`A quote was refused: ${made.problem}`);
    }
  });
}

/** The least that validation can cost: both prices are read as exact numbers and compared. */
export function readPerSecond(quotes: readonly RecordedQuote[]): number {
  return best(3, quotes.length, () => {
    for (const { bid, ask } of quotes) if (new Decimal(bid).gte(new Decimal(ask))) throw new Error('crossed');
  });
}

/** Entries a second of the very bytes that the worker has appended, by pipelined XADD and nothing else. */
export async function appendPerSecond({ redis, streamKey }: IngestionSystem, count: number): Promise<number> {
  const sample = (await redis.xrevrange(streamKey, '+', '-', 'COUNT', sampleSize)).map(([, fields]) => fields);
  const key = `${streamKey}:bare`;
  const begun = performance.now();
  for (let start = 1; start <= count; start += batchSize) {
    const pipeline = redis.pipeline();
    for (let id = start; id < Math.min(start + batchSize, count + 1); id += 1)
      pipeline.xadd(key, 'MAXLEN', '~', 10_000, `${id}-0`, ...sample[id % sample.length]!);
    await pipeline.exec();
  }
  const perSecond = (count * 1_000) / (performance.now() - begun);
  await redis.del(key);
  return perSecond;
}

/** Rows a second of the very ticks that the worker has written, by INSERT of many rows and nothing else, each a transaction. */
export async function insertPerSecond({ database }: IngestionSystem, count: number): Promise<number> {
  await database.query('CREATE TABLE bare (LIKE tick INCLUDING ALL)');
  const { rows: sample } = await database.query<Record<string, unknown>>(
    `SELECT symbol, received_at::text, time::text, moved_at::text, bid::text, ask::text, details::text
     FROM tick ORDER BY sequence DESC LIMIT ${sampleSize}`,
  );
  const columns = 8;
  const places = Array.from(
    { length: batchSize },
    (_row, row) => `(${Array.from({ length: columns }, (_column, column) => `$${row * columns + column + 1}`).join()})`,
  );
  const insert = `INSERT INTO bare (sequence, symbol, received_at, time, moved_at, bid, ask, details) VALUES ${places.join()}`;
  const batches = Math.ceil(count / batchSize);
  const begun = performance.now();
  for (let batch = 0; batch < batches; batch += 1) {
    const first = batch * batchSize;
    const values = Array.from({ length: batchSize }, (_row, row) => [
      first + row,
      ...Object.values(sample[(first + row) % sample.length]!),
    ]);
    await database.query({ name: 'bare', text: insert, values: values.flat() });
  }
  return (batches * batchSize * 1_000) / (performance.now() - begun);
}

/** The best of some rounds, after one that is not counted: whatever else runs on the machine only ever adds time. */
function best(rounds: number, turns: number, work: () => void): number {
  let perSecond = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const begun = performance.now();
    work();
    if (round > 0) perSecond = Math.max(perSecond, (turns * 1_000) / (performance.now() - begun));
  }
  return perSecond;
}
