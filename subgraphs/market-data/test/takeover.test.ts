import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createMarketDataBed, until, type MarketDataBed, type SpawnedWorker } from './market-data-processes.ts';
import { createRecordings, makeRows, toCsv } from './recordings.ts';

const symbol = 'XAU-USD';
let bed: MarketDataBed;
beforeEach(async () => {
  bed = await createMarketDataBed();
});
afterEach(() => bed.close());

const latest = async () => (await bed.ticks.latest(symbol))?.sequence ?? 0;
const isLeading = async ({ url }: SpawnedWorker) =>
  /gold_worker_leading\{.*\} 1\n/.test(await (await fetch(`${url}/metrics`)).text());

/** The workers, the one that leads first. */
async function inOrder(workers: SpawnedWorker[]): Promise<SpawnedWorker[]> {
  const leading = await until(async () => {
    const states = await Promise.all(workers.map(isLeading));
    return states.filter(Boolean).length === 1 && workers[states.indexOf(true)];
  });
  return [leading, ...workers.filter((worker) => worker !== leading)];
}

describe('when the worker that leads is killed', () => {
  test('another takes over within three seconds, and no sequence is missing or given twice', async () => {
    let workers = [await bed.spawnWorker(), await bed.spawnWorker()];
    for (let times = 0; times < 3; times += 1) {
      const [leader, next] = await inOrder(workers);
      const before = await latest();
      await until(async () => (await latest()) > before + 5);
      const killedAt = Date.now();
      await leader!.kill('SIGKILL');
      const last = await latest();
      await until(async () => (await latest()) > last);
      const first = await bed.ticks.at(symbol, last + 1);
      expect(first!.receivedAt - killedAt).toBeLessThan(3_000);
      workers = [next!, await bed.spawnWorker()];
    }
    const ticks = await bed.ticks.after(symbol, 0, 100_000);
    expect(ticks.map(({ sequence }) => sequence)).toEqual(ticks.map((_tick, index) => index + 1));
  });

  test('a recording goes on where it was, row by row', async () => {
    const rows = makeRows(3_000);
    const recordings = await createRecordings();
    const file = await recordings.write('recording.csv', toCsv(rows));
    const replay = { FEEDS: 'replay', REPLAY_FILE: file, REPLAY_SPEED: '1000' };
    let workers = [await bed.spawnWorker(replay), await bed.spawnWorker(replay)];
    for (const killAt of [300, 1_200, 2_000]) {
      const [leader, next] = await inOrder(workers);
      await until(async () => (await latest()) >= killAt);
      await leader!.kill('SIGKILL');
      workers = [next!, await bed.spawnWorker(replay)];
    }
    await until(async () => (await latest()) === rows.length);
    const ticks = await bed.ticks.after(symbol, 0, 100_000);
    expect(ticks.map(({ sequence, bid, ask }) => [sequence, bid, ask])).toEqual(
      rows.map(({ bid, ask }, index) => [index + 1, bid, ask]),
    );
    await recordings.remove();
  });
});

test('a worker that was paused for longer than its lease says nothing into the time of the next', async () => {
  const [paused, next] = await inOrder([await bed.spawnWorker(), await bed.spawnWorker()]);
  await until(async () => (await latest()) > 10);
  paused!.pause();
  await until(() => isLeading(next!));
  const before = await latest();
  await until(async () => (await latest()) > before + 5);
  paused!.resume();
  const resumedAt = await latest();
  expect((await inOrder([paused!, next!]))[0]).toBe(next);
  await until(async () => (await latest()) > resumedAt + 10);
  const ticks = await bed.ticks.after(symbol, 0, 100_000);
  expect(ticks.map(({ sequence }) => sequence)).toEqual(ticks.map((_tick, index) => index + 1));
  const times = ticks.slice(resumedAt).map(({ receivedAt }) => receivedAt);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
});

test('a worker that stops hands over without a pause', async () => {
  const [leader] = await inOrder([await bed.spawnWorker(), await bed.spawnWorker()]);
  await until(async () => (await latest()) > 3);
  await leader!.kill('SIGTERM');
  const last = await bed.ticks.latest(symbol);
  await until(async () => (await latest()) > last!.sequence);
  const next = await bed.ticks.at(symbol, last!.sequence + 1);
  expect(next!.receivedAt - last!.receivedAt).toBeLessThan(2_000);
});
