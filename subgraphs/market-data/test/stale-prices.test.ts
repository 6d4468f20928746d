import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import type { EventReader, GraphqlClient } from '#shared/testing/graphql-client.ts';
import type { UnsequencedTick } from '#shared/ticks/tick.ts';
import type { TickWriter } from '#shared/ticks/tick-writer.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';

type Result = {
  data?: { priceUpdated: { sequence: string; isStale: boolean; quality: string } } | null;
  extensions?: Record<string, unknown>;
};

const symbol = 'XAU-USD';
const staleAfterMs = 1_500;

let bed: MarketDataBed;
let writer: TickWriter;
let client: GraphqlClient;
let url: string;
beforeAll(async () => {
  bed = await createMarketDataBed();
  writer = await bed.openWriter();
  ({ client, url } = await bed.startServer({ STALE_AFTER_MS: String(staleAfterMs) }));
});
afterAll(() => bed.close());

const publish = async (values: Partial<UnsequencedTick> = {}) => {
  const [tick] = await writer.publish([aTick({ receivedAt: Date.now(), ...values })]);
  return tick!;
};
const publishSilver = async () => {
  const silverWriter = await bed.openWriter('XAG-USD');
  await silverWriter.publish([aTick({ symbol: 'XAG-USD', receivedAt: Date.now() })]);
};
const subscribe = (variables: { after?: string; minIntervalMs?: number } = {}) =>
  client.subscribe<NonNullable<Result['data']>>(
    `subscription ($after: BigInt, $minIntervalMs: Int) {
      priceUpdated(symbol: "XAU-USD", after: $after, minIntervalMs: $minIntervalMs) { sequence isStale quality } }`,
    variables,
  ) as EventReader<Result>;
const summary = ({ data }: Result) => {
  const { sequence, isStale } = data!.priceUpdated;
  return `${sequence}${isStale ? ' stale' : ''}`;
};
const next = async (events: EventReader<Result>) => summary(await events.next());

describe('a price that no new one follows', () => {
  test('is sent again as stale within a second, once, and a new one goes on', async () => {
    const tick = await publish();
    const events = subscribe();
    expect(await next(events)).toBe(`${tick.sequence}`);
    const again = await events.next();
    const ageMs = Date.now() - tick.receivedAt;
    expect(summary(again)).toBe(`${tick.sequence} stale`);
    expect(again.data!.priceUpdated.quality).toBe('STALE');
    expect(again.extensions).toEqual({ tick: { symbol, sequence: tick.sequence } });
    expect(ageMs).toBeGreaterThan(staleAfterMs);
    expect(ageMs).toBeLessThan(staleAfterMs + 1_000);
    const following = events.next();
    // Long enough for silver to become stale, gold is not told again.
    await publishSilver();
    const silver = client.subscribe<NonNullable<Result['data']>>(
      'subscription { priceUpdated(symbol: "XAG-USD") { sequence isStale } }',
    );
    expect([await next(silver), await next(silver)]).toEqual(['1', '1 stale']);
    await silver.return();
    await publish();
    expect(summary(await following)).toBe(`${tick.sequence + 1}`);
    expect(await next(events)).toBe(`${tick.sequence + 1} stale`);
    await events.return();
  });

  test('is sent once as stale to who comes later or has it already', async () => {
    const { sequence } = await publish({ receivedAt: Date.now() - staleAfterMs - 1 });
    const late = [subscribe(), subscribe({ after: String(sequence) }), subscribe({ after: String(sequence - 1) })];
    for (const events of late) expect(await next(events)).toBe(`${sequence} stale`);
    const following = late.map(next);
    await publish();
    expect(await Promise.all(following)).toEqual(late.map(() => `${sequence + 1}`));
    await Promise.all(late.map((events) => events.return()));
  });

  test('is sent as stale to who asked for fewer events too, without waiting for the interval', async () => {
    const { sequence } = await publish();
    const paced = subscribe({ minIntervalMs: 60_000 });
    expect(await next(paced)).toBe(`${sequence}`);
    await publish();
    const { receivedAt } = await publish();
    expect(await next(paced)).toBe(`${sequence + 2} stale`);
    expect(Date.now() - receivedAt).toBeLessThan(staleAfterMs + 1_000);
    await paced.return();
  });

  test('and that was made from a rate which is too old is stale at once, and not told twice', async () => {
    const { sequence } = await publish({ quality: 'STALE' });
    const events = subscribe();
    expect(await next(events)).toBe(`${sequence} stale`);
    const following = next(events);
    await publish({ quality: 'STALE' });
    expect(await following).toBe(`${sequence + 1} stale`);
    const last = next(events);
    await publish();
    expect(await last).toBe(`${sequence + 2}`);
    await events.return();
  });

  test('does not count as late delivery', async () => {
    const before = await slowDeliveries();
    const { sequence } = await publish();
    const events = subscribe();
    await events.next();
    expect(await next(events)).toBe(`${sequence} stale`);
    await events.return();
    expect(await slowDeliveries()).toBe(before);
  });
});

/** How many prices came to a subscriber later than half a second after their arrival. */
async function slowDeliveries(): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const of = (bound: string) =>
    Number(
      new RegExp(`^gold_tick_delivery_seconds_bucket\\{le="${bound.replace('+', '\\+')}".*\\} (\\d+)$`, 'm').exec(
        metrics,
      )?.[1],
    );
  return of('+Inf') - of('0.5');
}
