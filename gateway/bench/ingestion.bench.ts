import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { readSettings } from '../../local/config.ts';
import { describeRedis } from '../../local/redis.ts';
import { runScript } from '../../local/script.ts';
import { startTemporaryServers } from '../../local/temporary-servers.ts';
import { nextUniform } from '../../subgraphs/market-data/domain/random.ts';
import { appendPerSecond, considerPerSecond, insertPerSecond, readPerSecond } from './ingestion-limits.ts';
import {
  createIngestionSystem,
  residentMemoryOf,
  symbol,
  writeRecording,
  type IngestionSystem,
  type RecordedQuote,
} from './ingestion-system.ts';

// How many ticks a second get through the ingestion of market-data, stage by stage, each beside the least that it can
// cost on the same servers in the same run: what counts are the ratios. And how long a tick takes from its arrival at the
// worker to a subscriber of market-data, at a usual rate and in a burst. It starts servers of its own, which do not wait
// for the disk, and needs no running system. Arguments: ticks (default 200000), seconds of the burst (default 10).

const [ticks = 200_000, burstSeconds = 10] = process.argv.slice(2).map(Number);
const usual = { perSecond: 10, seconds: 20 };
/** Ticks that have not come when none has for so long are lost. */
const lostAfterMs = 15_000;
const burst = { perSecond: 10_000, seconds: burstSeconds };

runScript(async (onEnd) => {
  const { postgresUrl, redis } = await startTemporaryServers(readSettings(), onEnd);
  const servers = { postgresUrl, redisUrl: redis.url };
  console.log(`Redis at ${describeRedis(redis)}`);
  await throughput(await createIngestionSystem('throughput', servers, onEnd), onEnd);
  await latency(await createIngestionSystem('latency', servers, onEnd), onEnd);
});

async function throughput(system: IngestionSystem, onEnd: (cleanup: () => Promise<void>) => void): Promise<void> {
  const quotes = quotesOf(ticks, 100);
  const considered = considerPerSecond(quotes);
  const worker = await system.startWorker(await writeRecording(quotes, onEnd), 1_000_000);
  const begun = { at: performance.now(), sequence: await system.streamSequence() };
  const rate = () => ((ticks - begun.sequence) * 1_000) / (performance.now() - begun.at);
  await until(async () => (await system.streamSequence()) >= ticks);
  const streamed = rate();
  await until(async () => (await system.historySequence()) >= ticks);
  const written = rate();
  await worker.kill('SIGTERM');

  const stages = [
    ['validation and consensus', considered, 'reading both prices', readPerSecond(quotes)],
    ['the worker, into the stream', streamed, 'bare XADD of the same bytes', await appendPerSecond(system, ticks)],
    ['and on into PostgreSQL', written, 'bare INSERT of the same ticks', await insertPerSecond(system, ticks)],
  ] as const;
  console.log(`${ticks.toLocaleString('en')} ticks of one symbol, as fast as they go; ticks a second`);
  for (const [name, perSecond, limit, limitPerSecond] of stages) {
    const cells = [name.padEnd(28), inThousands(perSecond), (perSecond / limitPerSecond).toFixed(3).padStart(9)];
    console.log(`  ${cells.join(' ')} of ${limit} (${inThousands(limitPerSecond).trim()})`);
  }
}

async function latency(system: IngestionSystem, onEnd: (cleanup: () => Promise<void>) => void): Promise<void> {
  const phases = [usual, burst].map((phase) => ({ ...phase, count: phase.perSecond * phase.seconds }));
  const quotes = phases.flatMap(({ count, perSecond }) => quotesOf(count, 1_000 / perSecond));
  const server = await system.startServer();
  const ages = new Map<number, number>();
  const client = createClient({
    url: `ws://127.0.0.1:${server.port}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  onEnd(async () => client.dispose());
  const query = `subscription { priceUpdated(symbol: "${symbol}", after: "0") { sequence receivedAt } }`;
  const reading = (async () => {
    type Event = { priceUpdated: { sequence: string; receivedAt: string } };
    for await (const { data, errors } of client.iterate<Event>({ query })) {
      if (errors || !data) throw new Error(JSON.stringify(errors));
      const { sequence, receivedAt } = data.priceUpdated;
      // The last price is said again, as a stale one, when nothing comes any more.
      if (!ages.has(Number(sequence)))
        ages.set(Number(sequence), performance.timeOrigin + performance.now() - Date.parse(receivedAt));
    }
  })();
  const worker = await system.startWorker(await writeRecording(quotes, onEnd), 1);
  const peaks = { worker: 0, server: 0 };
  let [received, newestAt] = [0, performance.now()];
  const isOver = async () => {
    peaks.worker = Math.max(peaks.worker, await residentMemoryOf(worker));
    peaks.server = Math.max(peaks.server, await residentMemoryOf(server));
    if (ages.size > received) [received, newestAt] = [ages.size, performance.now()];
    return ages.size >= quotes.length || performance.now() - newestAt > lostAfterMs;
  };
  await Promise.race([reading, until(isOver, 250)]);

  console.log("milliseconds from a tick's arrival at the worker to a subscriber of market-data");
  let first = 1;
  for (const { count, perSecond, seconds } of phases) {
    const own = Array.from({ length: count }, (_each, index) => ages.get(first + index));
    const sorted = own.filter((age) => age !== undefined).toSorted((a, b) => a - b);
    const [p50, p99] = [0.5, 0.99].map((share) => sorted[Math.floor(sorted.length * share)]?.toFixed(1));
    const name = `${perSecond.toLocaleString('en')}/s for ${seconds} s`;
    console.log(`  ${name.padEnd(20)} p50 ${p50}   p99 ${p99}   lost ${count - sorted.length} of ${count}`);
    first += count;
  }
  const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
  console.log(`  peak memory: worker ${megabytes(peaks.worker)}, server ${megabytes(peaks.server)}`);
}

/** Quotes that go up and down by small steps, the same in every run. */
function quotesOf(count: number, gapMs: number): RecordedQuote[] {
  let [state, mid] = [42, 4_084.3];
  return Array.from({ length: count }, () => {
    let step: number;
    [step, state] = nextUniform(state);
    mid += (step - 0.5) * 0.02 + (4_084.3 - mid) * 0.001;
    return { bid: (mid - 0.31).toFixed(3), ask: (mid + 0.3).toFixed(3), gapMs };
  });
}

/** Looks again and again until it is so. @throws Error when that takes more than five minutes */
async function until(isSo: () => Promise<boolean>, everyMs = 10): Promise<void> {
  const deadline = performance.now() + 300_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('The ticks have not come through in five minutes.');
    await wait(everyMs);
  }
}

function inThousands(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en').padStart(9);
}
