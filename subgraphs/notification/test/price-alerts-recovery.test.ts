import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { midOf, type Tick } from '#shared/ticks/tick.ts';
import { startPriceAlerts, type AlertFields, type PriceAlertFixture } from './price-alert-fixture.ts';

let alerts: PriceAlertFixture;
beforeEach(async () => {
  alerts = await startPriceAlerts();
});
afterEach(() => alerts.stop());

/** Alerts around 4100, of a user each, above and below, once and recurring. */
async function createMany(count: number): Promise<string[]> {
  const owners = Array.from({ length: count }, (_, index) => `owner-${index}`);
  for (const [index, userId] of owners.entries()) {
    await alerts.create(userId, {
      threshold: (4100 + ((index * 7) % 41) - 20 + 0.5).toFixed(2),
      condition: index % 2 ? 'CROSS_ABOVE' : 'CROSS_BELOW',
      repeat: index % 3 ? 'RECURRING' : 'ONCE',
    });
  }
  return owners;
}

/** When each alert fires, by the rule in its plainest words, at ticks behind the first one of all. */
function firingsOf({ threshold, condition, repeat, alreadyMet }: AlertFields, ticks: Tick[]): number[] {
  const isAbove = condition === 'CROSS_ABOVE';
  const level = decimal(threshold);
  const back = level.times(isAbove ? '0.999' : '1.001');
  const fired: number[] = [];
  let isArmed = !alreadyMet;
  for (const tick of ticks) {
    const mid = midOf(tick);
    const isMet = isAbove ? mid.gte(level) : mid.lte(level);
    if (isArmed && isMet) {
      fired.push(tick.sequence);
      isArmed = false;
      if (repeat === 'ONCE') break;
    } else if (!isArmed) {
      isArmed = fired.length === 0 ? !isMet : isAbove ? mid.lte(back) : mid.gte(back);
    }
  }
  return fired;
}

/** Everybody's alert has fired at exactly the ticks at which it had to, and each time was told once. */
async function expectExactly(owners: string[], ticks: Tick[]): Promise<number> {
  let total = 0;
  for (const userId of owners) {
    const [alert] = await alerts.alertsOf(userId);
    const expected = firingsOf(alert!, ticks);
    const told = await alerts.database.notification.findMany({
      where: { recipientId: userId },
      orderBy: { sequence: 'asc' },
    });
    const { id, triggerCount, lastTriggeredSequence } = alert!;
    expect(told.map(({ dedupeKey }) => dedupeKey)).toEqual(expected.map((sequence) => `alert-${id}-${sequence}`));
    expect({ triggerCount, lastTriggeredSequence }).toEqual({
      triggerCount: expected.length,
      lastTriggeredSequence: expected.length > 0 ? String(expected.at(-1)) : null,
    });
    total += expected.length;
  }
  return total;
}

/** A price that goes up and down between 4070 and 4130, in steps that cross several thresholds. */
const swinging = (count: number) =>
  Array.from({ length: count }, (_, index) => (4100 + 30 * Math.sin(index / 6)).toFixed(2));

describe('price alerts', () => {
  test('fire for prices that came while no worker ran', async () => {
    const owners = await createMany(8);
    const ticks = await alerts.publish(...swinging(40));
    const worker = await alerts.startWorker();
    await alerts.judged(worker, ticks.at(-1)!.sequence);
    expect(await expectExactly(owners, ticks)).toBeGreaterThan(6);
  });

  test('fire once where a worker judges prices again that it had judged before its position was stored', async () => {
    const owners = await createMany(8);
    const first = await alerts.startWorker();
    const ticks = await alerts.publish(...swinging(40));
    await alerts.judged(first, ticks.at(-1)!.sequence);
    await first.stop();
    await alerts.database.alertPosition.update({
      where: { symbol: 'XAU-USD' },
      data: { sequence: 0, coveredCount: 0 },
    });
    const second = await alerts.startWorker();
    ticks.push(...(await alerts.publish(...swinging(20))));
    await alerts.judged(second, ticks.at(-1)!.sequence);
    await expectExactly(owners, ticks);
  });

  test('fire once where several workers judge the same prices', async () => {
    const owners = await createMany(8);
    const workers = [await alerts.startWorker(), await alerts.startWorker(), await alerts.startWorker()];
    const ticks: Tick[] = [];
    for (const mid of swinging(40)) ticks.push(...(await alerts.publish(mid)));
    for (const worker of workers) await alerts.judged(worker, ticks.at(-1)!.sequence);
    await expectExactly(owners, ticks);
  });

  test('fire once whenever Redis is flushed', async () => {
    const owners = await createMany(8);
    const worker = await alerts.startWorker();
    const ticks: Tick[] = [];
    for (const [index, mid] of swinging(40).entries()) {
      if (index % 20 === 10) await alerts.redis.flush();
      ticks.push(...(await alerts.publish(mid)));
    }
    await alerts.judged(worker, ticks.at(-1)!.sequence);
    await expectExactly(owners, ticks);
    await worker.stop();
    await alerts.redis.flush();
    const next = await alerts.startWorker();
    ticks.push(...(await alerts.publish(...swinging(20))));
    await alerts.judged(next, ticks.at(-1)!.sequence);
    await expectExactly(owners, ticks);
  });

  test('fire once whenever the worker is killed', async () => {
    const owners = await createMany(8);
    const ticks: Tick[] = [];
    const mids = swinging(120);
    for (let round = 0; round < 2; round += 1) {
      const worker = await alerts.spawnWorker();
      const before = await alerts.database.notification.count();
      for (const mid of mids.splice(0, 60)) ticks.push(...(await alerts.publish(mid)));
      // In the middle of it: some have been told of these prices, others not.
      await eventually(async () => expect(await alerts.database.notification.count()).toBeGreaterThan(before + 3));
      await worker.kill();
    }
    const worker = await alerts.startWorker();
    await alerts.judged(worker, ticks.at(-1)!.sequence);
    expect(await expectExactly(owners, ticks)).toBeGreaterThan(8);
  });

  test('that are deleted while they fire have fired or not, and say which', async () => {
    const owners = Array.from({ length: 12 }, (_, index) => `owner-${index}`);
    const ids: string[] = [];
    for (const userId of owners) ids.push((await alerts.create(userId)).id);
    const worker = await alerts.startWorker();
    const [, [tick]] = await Promise.all([
      Promise.all(
        owners.map(async (userId, index) => {
          const variables = { id: ids[index] };
          const document = 'mutation ($id: ID!) { deletePriceAlert(id: $id) }';
          expect((await alerts.clientOf(userId).request(document, variables)).data).toEqual({ deletePriceAlert: true });
        }),
      ),
      alerts.publish(4205),
    ]);
    await alerts.judged(worker, tick!.sequence);
    for (const alert of await alerts.database.priceAlert.findMany()) {
      expect(alert.status).toBe('DELETED');
      expect(await alerts.told(alert.userId)).toHaveLength(alert.triggerCount);
    }
  });

  const recording = fileURLToPath(new URL('../../../../shared/data/xauusd-ticks.csv.gz', import.meta.url));
  const isHere = existsSync(recording);
  // oxlint-disable-next-line no-console
  if (!isHere) console.warn('SKIPPED: the recording of real ticks is not on this machine');
  (isHere ? test : test.skip)('fire at the exact ticks of real prices', async () => {
    const lines = gunzipSync(await readFile(recording))
      .toString('utf8')
      .split('\n')
      .slice(1, 3_001);
    const quotes = lines.map((line) => line.split(',') as [time: string, bid: string, ask: string]);
    const mids = quotes.map(([, bid, ask]) => (Number(bid) + Number(ask)) / 2);
    await alerts.publishQuotes([quotes[0]!]);
    const [low, high] = [Math.min(...mids), Math.max(...mids)];
    const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
    // The server has read the first of them when it says that the price is below the highest.
    await eventually(async () => {
      const probe = await alerts.create('probe', { threshold: high.toFixed(5), condition: 'CROSS_BELOW' });
      expect(probe.alreadyMet).toBe(true);
    });
    for (const [index, userId] of owners.entries()) {
      await alerts.create(userId, {
        threshold: (low + ((high - low) * (index + 0.5)) / owners.length).toFixed(3),
        condition: index % 2 ? 'CROSS_ABOVE' : 'CROSS_BELOW',
        repeat: 'RECURRING',
      });
    }
    const worker = await alerts.startWorker();
    const ticks = await alerts.publishQuotes(quotes.slice(1));
    await alerts.judged(worker, ticks.at(-1)!.sequence);
    expect(await expectExactly(owners, ticks)).toBeGreaterThan(10);
  });
});
