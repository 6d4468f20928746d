import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Decimal, decimal } from '#shared/decimal.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { CreatePriceAlertDocument } from '../generated/operations.ts';
import { registerCustomer } from './callers.ts';
import { startGoldSystem, type GoldSystem } from './gold-system.ts';

const recording = fileURLToPath(new URL('../../../shared/data/xauusd-ticks.csv.gz', import.meta.url));
const isHere = existsSync(recording);
if (!isHere) console.warn('SKIPPED: the recording of real ticks is not on this machine');

/** Row n is tick n + 1. */
type Row = { time: number; bid: string; ask: string; mid: Decimal };

async function firstRows(count: number): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const line of createInterface(createReadStream(recording).pipe(createGunzip()))) {
    const [time, bid, ask] = line.split(',') as [string, string, string];
    if (time !== 'time') rows.push({ time: Date.parse(time), bid, ask, mid: decimal(bid).plus(ask).div(2) });
    if (rows.length === count) break;
  }
  return rows;
}

(isHere ? describe : describe.skip)('a recording of real ticks that is replayed', () => {
  let system: GoldSystem;
  beforeAll(async () => {
    system = await startGoldSystem({ FEEDS: 'replay', REPLAY_FILE: recording, REPLAY_SPEED: '100' });
  });
  afterAll(() => system.close());

  test('arrives at the client price by price, as it is in the file', async () => {
    const prices = system.client.subscribe<{ priceUpdated: { sequence: string; bid: string; ask: string } }>(
      'subscription { priceUpdated(symbol: "XAU-USD", after: "0") { sequence bid ask } }',
    );
    const received = (await prices.take(1_000)).map(({ data }) => data!.priceUpdated);
    await prices.return();
    expect(received.map(({ sequence }) => Number(sequence))).toEqual(received.map((_, index) => index + 1));
    const rows = (await firstRows(1_000)).map(({ bid, ask }) => ({ bid, ask }));
    expect(received.map(({ bid, ask }) => ({ bid, ask }))).toEqual(rows);
  });

  test('fires a crossing alert once, at the very tick that crosses', async () => {
    const customer = await registerCustomer(system);
    const told = customer.subscribe<{
      inboxChanged: { unreadCount: number; notification: { category: string } | null };
    }>('subscription { inboxChanged { unreadCount notification { category } } }');
    // The recording does not wait: the alert may fire before anything that is begun after it.
    expect((await told.next()).data!.inboxChanged.notification).toBeNull();
    const { data } = await customer.request<{ instrument: { price: { sequence: string } } }>(
      '{ instrument(symbol: "XAU-USD") { price { sequence } } }',
    );
    const rows = await firstRows(100_000);
    // Ten minutes of the recording are six seconds here: the alert is armed long before.
    const { condition, threshold, at } = nextRecord(rows, Number(data!.instrument.price.sequence) - 1, 600_000);
    const input = { idempotencyKey: randomUUID(), symbol: 'XAU-USD', condition, threshold, repeat: 'ONCE' as const };
    const created = await customer.request(CreatePriceAlertDocument, { input });
    expect(created.data?.createPriceAlert).toMatchObject({ status: 'ACTIVE', alreadyMet: false });
    while (!(await told.next(60_000)).data!.inboxChanged.notification);
    const query = `{ me { priceAlerts(first: 1) { nodes { status triggerCount lastTriggeredSequence } } inbox(first: 10) { nodes { category } } } }`;
    expect((await customer.request(query)).data).toEqual({
      me: {
        priceAlerts: { nodes: [{ status: 'TRIGGERED', triggerCount: 1, lastTriggeredSequence: String(at + 1) }] },
        inbox: { nodes: [{ category: 'PRICE_ALERT' }] },
      },
    });
    await eventually(async () => expect(await system.mail.mailsTo(customer.email)).toHaveLength(1));
    await told.return();
    await customer.close();
  });
});

/** The first row whose price is higher, or lower, than that of every row from `begin` until so many milliseconds later. */
function nextRecord(rows: Row[], begin: number, forMs: number) {
  const from = rows.findIndex(({ time }) => time >= rows[begin]!.time + forMs);
  const seen = rows.slice(begin, from).map(({ mid }) => mid);
  const above = Decimal.max(...seen).plus('0.01');
  const below = Decimal.min(...seen).minus('0.01');
  const at = rows.findIndex(({ mid }, index) => index >= from && (mid.gte(above) || mid.lte(below)));
  return rows[at]!.mid.gte(above)
    ? { condition: 'CROSS_ABOVE' as const, threshold: above.toFixed(), at }
    : { condition: 'CROSS_BELOW' as const, threshold: below.toFixed(), at };
}
