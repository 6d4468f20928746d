import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { startPriceAlerts, type PriceAlertFixture } from './price-alert-fixture.ts';

let alerts: PriceAlertFixture;
beforeEach(async () => {
  alerts = await startPriceAlerts();
});
afterEach(() => alerts.stop());

const userCount = 1_000;
const alertsEach = 5;
const alertCount = userCount * alertsEach;
/** One in so many goes out by push too. */
const pushedEvery = 50;

/** Thousands of alerts at 4200, five of each user, in no order; made at the first price as the server makes them. */
async function createThousands(): Promise<void> {
  await alerts.database.alertPosition.create({ data: { symbol: 'XAU-USD', alertCount } });
  await alerts.database.$executeRawUnsafe(
    `INSERT INTO price_alert (user_id, symbol, number, condition, threshold, unit, fineness, repeat, channels, already_met,
       is_armed, created_sequence, state_sequence, created_at)
     SELECT 'user-' || number * 7 % ${userCount}, 'XAU-USD', number, 'CROSS_ABOVE', 4200, 'TROY_OUNCE', 1000,
       CASE number % 2 WHEN 0 THEN 'ONCE' ELSE 'RECURRING' END,
       CASE number % ${pushedEvery} WHEN 0 THEN ARRAY['PUSH'] ELSE ARRAY['IN_APP'] END, false, true, 1, 1, now()
     FROM generate_series(1, ${alertCount}) AS number`,
  );
}

/** Every alert has fired at this tick and no other, every firing was told once, and every inbox counts what it has. */
async function expectToldOnce(sequence: number): Promise<void> {
  const { database } = alerts;
  const fired = await database.priceAlert.findMany({ select: { id: true, userId: true } });
  const told = await database.notification.findMany({ orderBy: [{ recipientId: 'asc' }, { sequence: 'asc' }] });
  const keys = told.map(({ recipientId, dedupeKey }) => `${recipientId} ${dedupeKey}`);
  expect(keys.toSorted()).toEqual(fired.map(({ id, userId }) => `${userId} alert-${id}-${sequence}`).toSorted());
  const inOrder = Array.from({ length: alertCount }, (_, index) => BigInt((index % alertsEach) + 1));
  expect(told.map((entry) => entry.sequence)).toEqual(inOrder);
  const whole = { sequence: alertsEach, unreadCount: alertsEach };
  expect(await database.inbox.count({ where: whole })).toBe(userCount);
  expect(await database.inbox.count()).toBe(userCount);
  const firedOnce = { triggerCount: 1, lastTriggeredSequence: sequence };
  expect(await database.priceAlert.count({ where: firedOnce })).toBe(alertCount);
  expect(await database.delivery.groupBy({ by: ['channel'], _count: true, orderBy: { channel: 'asc' } })).toEqual([
    { channel: 'IN_APP', _count: alertCount },
    { channel: 'PUSH', _count: alertCount / pushedEvery },
  ]);
}

describe('thousands of price alerts', () => {
  test('that fire at one price are told once each, and the next price is judged right after', async () => {
    await createThousands();
    const worker = await alerts.startWorker();
    const [hit, next] = await alerts.publish(4205, 4100);
    await alerts.judged(worker, next!.sequence);
    const rearmed = { repeat: 'RECURRING', isArmed: true, triggerCount: 1, stateSequence: next!.sequence };
    expect(await alerts.database.priceAlert.count({ where: rearmed })).toBe(alertCount / 2);
    await expectToldOnce(hit!.sequence);
  });

  test('are told once each where a worker is killed in the middle of it, and two others take over', async () => {
    await createThousands();
    const killed = await alerts.spawnWorker();
    const [hit] = await alerts.publish(4205);
    await eventually(async () => expect(await alerts.database.notification.count()).toBeGreaterThan(0));
    await killed.kill();
    const others = await Promise.all([alerts.startWorker(), alerts.startWorker()]);
    for (const worker of others) await alerts.judged(worker, hit!.sequence);
    await expectToldOnce(hit!.sequence);
  });
});
