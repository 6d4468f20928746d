import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { startGoldSystem } from './gold-system.ts';

const recording = fileURLToPath(new URL('../../../shared/data/xauusd-ticks.csv.gz', import.meta.url));
const isHere = existsSync(recording);
if (!isHere) console.warn('SKIPPED: the recording of real ticks is not on this machine');

async function firstRows(count: number): Promise<[bid: string, ask: string][]> {
  const rows: [string, string][] = [];
  for await (const line of createInterface(createReadStream(recording).pipe(createGunzip()))) {
    const [time, bid, ask] = line.split(',');
    if (time !== 'time') rows.push([bid!, ask!]);
    if (rows.length === count) break;
  }
  return rows;
}

(isHere ? test : test.skip)(
  'a recording that is replayed arrives at the client price by price, as it is in the file',
  async () => {
    const system = await startGoldSystem({ FEED: 'replay', REPLAY_FILE: recording, REPLAY_SPEED: '100' });
    try {
      const prices = system.client.subscribe<{ priceUpdated: { sequence: string; bid: string; ask: string } }>(
        'subscription { priceUpdated(symbol: "XAU-USD", after: "0") { sequence bid ask } }',
      );
      const received = (await prices.take(1_000)).map(({ data }) => data!.priceUpdated);
      expect(received.map(({ sequence }) => Number(sequence))).toEqual(received.map((_, index) => index + 1));
      expect(received.map(({ bid, ask }) => [bid, ask])).toEqual(await firstRows(1_000));
    } finally {
      await system.close();
    }
  },
  60_000,
);
