import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { startPriceAlerts, type PriceAlertFixture } from './price-alert-fixture.ts';

let alerts: PriceAlertFixture;
let worker: { port: number };
let users = 0;
beforeAll(async () => {
  alerts = await startPriceAlerts();
  worker = await alerts.startWorker();
});
afterAll(() => alerts.stop());

const newUser = () => `user-${(users += 1)}`;

/** Creates an alert at 4100, lets the price go its way, and gives the alert as it then stands. */
async function afterPrices(userId: string, input: Record<string, unknown>, ...mids: (string | number)[]) {
  await alerts.publish(4100);
  // The server creates at the last price that it has read.
  const created = await eventuallyAt4100(userId, input);
  const ticks = await alerts.publish(...mids);
  await alerts.judged(worker, ticks.at(-1)!.sequence);
  const [alert] = await alerts.alertsOf(userId);
  return { created, ticks, alert: alert! };
}

async function eventuallyAt4100(userId: string, input: Record<string, unknown>) {
  const probe = { threshold: '4100', condition: 'CROSS_BELOW', idempotencyKey: '' };
  await eventually(async () => {
    const above = await alerts.create(newUser(), { ...probe, idempotencyKey: crypto.randomUUID() });
    const below = await alerts.create(newUser(), {
      threshold: '4100',
      idempotencyKey: crypto.randomUUID(),
    });
    expect([above.alreadyMet, below.alreadyMet]).toEqual([true, true]);
  });
  return alerts.create(userId, input);
}

describe('a price alert', () => {
  test('that is recurring fires once while the price stays near its threshold', async () => {
    const userId = newUser();
    const { alert, ticks } = await afterPrices(userId, { repeat: 'RECURRING' }, 4199, 4205, 4201, 4205, 4195.9, 4205);
    expect(alert).toMatchObject({
      status: 'ACTIVE',
      isArmed: false,
      triggerCount: 1,
      lastTriggeredSequence: String(ticks[1]!.sequence),
    });
    expect(await alerts.told(userId)).toEqual(['Gold above $4,200.00']);
  });

  test('is fired by no price that is an indication or stale, and by the next good one', async () => {
    const userId = newUser();
    await afterPrices(userId, { repeat: 'ONCE' }, 4199);
    await alerts.publishOf('INDICATIVE', 4300);
    const [stale] = await alerts.publishOf('STALE', 4300);
    await alerts.judged(worker, stale!.sequence);
    expect(await alerts.alertsOf(userId)).toMatchObject([{ status: 'ACTIVE', triggerCount: 0 }]);
    const [good] = await alerts.publish(4201);
    await alerts.judged(worker, good!.sequence);
    const [alert] = await alerts.alertsOf(userId);
    expect(alert).toMatchObject({ triggerCount: 1, lastTriggeredSequence: String(good!.sequence) });
  });

  test('that is recurring fires again after the price was back by its hysteresis', async () => {
    const userId = newUser();
    const prices = [4199, 4205, 4195.8, 4199.9, 4200];
    const { alert, ticks } = await afterPrices(userId, { repeat: 'RECURRING' }, ...prices);
    expect(alert).toMatchObject({ triggerCount: 2, lastTriggeredSequence: String(ticks[4]!.sequence) });
    expect(await alerts.told(userId)).toHaveLength(2);
  });

  test('that fires once is over after it', async () => {
    const userId = newUser();
    const { alert, ticks } = await afterPrices(userId, {}, 4205, 4100, 4205);
    expect(alert).toMatchObject({
      status: 'TRIGGERED',
      triggerCount: 1,
      lastTriggeredSequence: String(ticks[0]!.sequence),
      lastTriggeredAt: new Date(ticks[0]!.time).toISOString(),
    });
    expect(await alerts.told(userId)).toHaveLength(1);
  });

  test('whose condition is met already fires only after the price was back', async () => {
    const userId = newUser();
    const input = { condition: 'CROSS_BELOW', threshold: '4150' };
    const { created, alert, ticks } = await afterPrices(userId, input, 4100, 4149, 4150.5, 4150);
    expect(created).toMatchObject({ alreadyMet: true, isArmed: false });
    expect(alert).toMatchObject({ triggerCount: 1, lastTriggeredSequence: String(ticks[3]!.sequence) });
  });

  test('in another unit and fineness fires at the exact tick', async () => {
    const userId = newUser();
    // 101.2750… dollars a gram at 750 are 4200 dollars a fine ounce.
    const input = { unit: 'GRAM', fineness: '750', threshold: '101.275' };
    const { alert, ticks } = await afterPrices(userId, input, 4199.99, 4199.9999, 4200.0014, 4205);
    const mid = ticks.findIndex(({ bid, ask }) => ((Number(bid) + Number(ask)) / 2) * 750 >= 101.275 * 31103.4768);
    expect(alert.lastTriggeredSequence).toBe(String(ticks[mid]!.sequence));
  });

  test('tells its owner by the channels that it was given, with price, time and note', async () => {
    const userId = newUser();
    await afterPrices(userId, { channels: ['SMS'], note: 'sell <now>' }, 4205.25);
    const told = await alerts.database.notification.findFirst({
      where: { recipientId: userId },
      include: { deliveries: true },
    });
    expect(told).toMatchObject({ category: 'PRICE_ALERT', kind: 'price-alert' });
    expect(told!.body).toBe(
      'XAU-USD was $4,205.25 per troy ounce on Nov 20, 2026, 10:00 AM UTC: your alert waits for $4,200.00 or above. Your note: sell <now>',
    );
    expect(told!.deliveries.map(({ channel }) => channel).toSorted()).toEqual(['IN_APP', 'SMS']);
  });

  test('that was deleted does not fire', async () => {
    const userId = newUser();
    const { id } = await alerts.create(userId);
    await alerts.clientOf(userId).request('mutation ($id: ID!) { deletePriceAlert(id: $id) }', { id });
    const [tick] = await alerts.publish(4205);
    await alerts.judged(worker, tick!.sequence);
    expect(await alerts.told(userId)).toEqual([]);
  });

  test('whose time is over does not fire, and says so', async () => {
    const userId = newUser();
    await alerts.publish(4100);
    const created = await eventuallyAt4100(userId, { expiresAt: new Date(Date.now() + 2_000).toISOString() });
    expect(created.__typename).toBe('PriceAlert');
    await eventually(async () => expect((await alerts.alertsOf(userId))[0]!.status).toBe('EXPIRED'));
    const [tick] = await alerts.publish(4205);
    await alerts.judged(worker, tick!.sequence);
    expect(await alerts.told(userId)).toEqual([]);
  });

  test('that is created while prices rush by misses none behind the one it was created at', async () => {
    const owners = Array.from({ length: 8 }, newUser);
    await alerts.publish(4100);
    await eventuallyAt4100(newUser(), {});
    await Promise.all(
      owners.map(async (userId, index) => {
        await alerts.create(userId, { threshold: '4120' });
        await alerts.publish(4110 + (index % 2), 4130, 4100);
      }),
    );
    const [last] = await alerts.publish(4100);
    await alerts.judged(worker, last!.sequence);
    for (const userId of owners) {
      expect((await alerts.alertsOf(userId))[0]).toMatchObject({ status: 'TRIGGERED', triggerCount: 1 });
      expect(await alerts.told(userId)).toHaveLength(1);
    }
  });
});
