import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aTick } from '#shared/testing/builders.ts';
import { eventually } from '#shared/testing/eventually.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createTickFollower } from '#shared/ticks/tick-follower.ts';
import type { Breaker } from '#shared/ticks/tick.ts';
import type { TickWriter } from '#shared/ticks/tick-writer.ts';
import type { MarketStatus } from '../domain/market-hours.ts';
import { createMarketStatusService } from '../market-status-service.ts';
import { createMarketDataBed, type MarketDataBed } from './market-data-processes.ts';

type Status = { state: string; reason: string | null; nextChangeAt: string | null };
type Event = { marketStatusChanged: Status };

const marketStatus = `subscription MarketStatus($symbol: ID!) {
  marketStatusChanged(symbol: $symbol) {
    state
    reason
    nextChangeAt
  }
}`;
const symbol = 'XAU-USD';
const isOpen = { state: 'OPEN', reason: null, nextChangeAt: null };

let bed: MarketDataBed;
let writer: TickWriter;
let client: GraphqlClient;
beforeAll(async () => {
  bed = await createMarketDataBed();
  writer = await bed.openWriter();
  ({ client } = await bed.startServer({ MARKET_HOURS: 'always-open' }));
});
afterAll(() => bed.close());

const publish = (...breakers: (Breaker | undefined)[]) =>
  writer.publish(breakers.map((breaker) => aTick({ receivedAt: Date.now(), ...(breaker && { breaker }) })));
const halted = (until: number | null): Breaker => ({ state: 'HALTED', reason: 'Too fast', until });
const degraded = (until: number | null): Breaker => ({ state: 'DEGRADED', reason: 'Fast', until });
const asText = (time: number) => new Date(time).toISOString();

describe('the status of a market', () => {
  test('is told at once, then on each change, by ticks and by the clock, and never twice', async () => {
    const all = [1, 2].map(() => client.subscribe<Event>(marketStatus, { symbol }));
    const next = async () => {
      const [one, other] = await Promise.all(all.map((events) => events.next()));
      expect(one).toEqual(other);
      return one!.data!.marketStatusChanged;
    };
    expect(await next()).toEqual(isOpen);
    await publish(undefined, undefined, degraded(null));
    expect(await next()).toEqual({ state: 'DEGRADED', reason: 'Fast', nextChangeAt: null });
    const until = Date.now() + 2_000;
    await publish(degraded(null), halted(until), halted(until));
    expect(await next()).toEqual({ state: 'HALTED', reason: 'Too fast', nextChangeAt: asText(until) });
    expect(await next()).toEqual(isOpen);
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    await publish(undefined, halted(null), undefined);
    expect([(await next()).state, await next()]).toEqual(['HALTED', isOpen]);
    await Promise.all(all.map((events) => events.return()));
  });

  test('is that of the instrument, of each its own', async () => {
    await publish(halted(null));
    const query = '{ gold: instrument(symbol: "XAU-USD") { ...s } silver: instrument(symbol: "XAG-USD") { ...s } }';
    const fields = 'fragment s on Instrument { marketStatus { state reason nextChangeAt } }';
    const events = client.subscribe<Event>(marketStatus, { symbol });
    const { data } = await events.next();
    expect(data!.marketStatusChanged).toEqual({ state: 'HALTED', reason: 'Too fast', nextChangeAt: null });
    const { data: both } = await client.request(`${query} ${fields}`);
    expect(both).toEqual({ gold: { marketStatus: data!.marketStatusChanged }, silver: { marketStatus: isOpen } });
    await publish(undefined);
    expect((await events.next()).data!.marketStatusChanged).toEqual(isOpen);
    await events.return();
  });

  test('of an unknown instrument is refused', async () => {
    const refused = client.subscribe(marketStatus, { symbol: 'XPT-USD' }).next();
    const errors = await refused.then(
      (result) => result.errors,
      (error: unknown) => error,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  test('of an open market of which no source says a price any more is a halt, until one does', async () => {
    const follower = createTickFollower({ ...bed.redis, memory: 10, logger: bed.logger });
    let [state, isSilent] = ['OPEN' as MarketStatus['state'], false];
    const service = createMarketStatusService({
      follower,
      instruments: { get: () => ({ symbol, name: symbol, metal: 'XAU', currency: 'USD' }) },
      calendar: () => ({ state, reason: null, nextChangeAt: 99 }),
      isStale: () => isSilent,
      clock: Date.now,
      logger: bed.logger,
    });
    await publish(undefined);
    await follower.follow(symbol);
    const events = service.changes(symbol);
    const next = async () => (await events.next()).value!.marketStatusChanged;
    expect(await next()).toEqual({ state: 'OPEN', reason: null, nextChangeAt: 99 });
    isSilent = true;
    expect(await next()).toEqual({ state: 'HALTED', reason: 'No source says a price', nextChangeAt: null });
    isSilent = false;
    expect(await next()).toMatchObject({ state: 'OPEN' });
    [isSilent, state] = [true, 'WEEKEND'];
    expect(await next()).toMatchObject({ state: 'WEEKEND' });
    await events.return!();
    await follower.close();
  });

  test('closes by the calendar in the middle of a halt, and is watched only while somebody wants to know', async () => {
    const follower = createTickFollower({ ...bed.redis, memory: 10, logger: bed.logger });
    let [state, following] = ['OPEN' as MarketStatus['state'], 0];
    const service = createMarketStatusService({
      follower: {
        latest: follower.latest,
        async *ticks(...query) {
          following += 1;
          try {
            yield* follower.ticks(...query);
          } finally {
            following -= 1;
          }
        },
      },
      instruments: { get: () => ({ symbol, name: symbol, metal: 'XAU', currency: 'USD' }) },
      calendar: () => ({ state, reason: null, nextChangeAt: 99 }),
      isStale: () => false,
      clock: Date.now,
      logger: bed.logger,
    });
    await publish(halted(null));
    await follower.follow(symbol);
    const watchers = [service.changes(symbol), service.changes(symbol)];
    const next = async () => {
      const all = await Promise.all(watchers.map((events) => events.next()));
      return all.map(({ value }) => value!.marketStatusChanged.state);
    };
    expect(await next()).toEqual(['HALTED', 'HALTED']);
    expect(following).toBe(1);
    const later = next();
    state = 'DAILY_BREAK';
    expect(await later).toEqual(['DAILY_BREAK', 'DAILY_BREAK']);
    await watchers[0]!.return!();
    expect(following).toBe(1);
    const last = watchers[1]!.next();
    await watchers[1]!.return!();
    expect((await last).done).toBe(true);
    await eventually(() => expect(following).toBe(0));
    await follower.close();
  });
});
