import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ExecutionResult } from 'graphql';
import { eventually } from '#shared/testing/eventually.ts';
import { createClients, type Clients } from './warehouse/clients.ts';
import { startWarehouse, type Warehouse } from './warehouse-graph.ts';

let warehouse: Warehouse;
let clients: Clients;
beforeAll(async () => {
  warehouse = await startWarehouse({ OPERATIONS_PER_SECOND: '10000' });
  clients = createClients(warehouse.url, warehouse.keys);
});
afterAll(async () => {
  await clients.closeAll();
  await warehouse.close();
});

type Entry = { sequence: number; sku?: string };
type Received = { entries: Entry[]; after: number | undefined; ended: unknown };

/** Subscribes and keeps what comes; `after` counts back from the newest event. */
function follow(field: string, fields: string, after?: number): Received {
  const resumed = after === undefined ? '' : `(after: "${after}")`;
  const feed = clients
    .anonymous()
    .subscribe<Record<string, Entry>>(`subscription { ${field}${resumed} { sequence ${fields} } }`);
  const received: Received = { entries: [], after, ended: undefined };
  const read = async () => {
    for (;;) {
      const event: ExecutionResult<Record<string, Entry>> = await feed.next(60_000);
      received.entries.push(event.data![field]!);
    }
  };
  read().catch((error: unknown) => (received.ended = error));
  return received;
}

const lastOf = ({ entries }: Received) => entries.at(-1)?.sequence;
const selections = ['note', 'item { name }', 'text: note', 'item { name soldAt }'];

/** The shop answers in any order, some of it late. */
const slowShop = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 8 });
function answerLate(delaysMs: number[]): void {
  let index = 0;
  warehouse.shop.answerAfter(async () => {
    const delayMs = delaysMs[index++ % delaysMs.length]!;
    if (delayMs > 5) await new Promise((resolve) => setTimeout(resolve, delayMs));
  });
}

test('where every event counts a client has each of them once and in order, whenever it comes and whatever is restarted', async () => {
  let sold = 0;
  const sell = (count: number) => {
    for (let index = 0; index < count; index += 1) warehouse.sell('A');
    sold += count;
  };
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('sell' as const), count: fc.integer({ min: 1, max: 12 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('join' as const),
        fields: fc.constantFrom(...selections),
        back: fc.option(fc.nat({ max: 60 })),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('breathe' as const), ms: fc.nat({ max: 40 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  );
  sell(1);
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 25 }), slowShop, async (actions, delaysMs) => {
      answerLate(delaysMs);
      const all: Received[] = [];
      for (const each of actions) {
        if (each.kind === 'sell') sell(each.count);
        else if (each.kind === 'breathe') await new Promise((resolve) => setTimeout(resolve, each.ms));
        else if (each.kind === 'join')
          all.push(follow('itemSold', each.fields, each.back === null ? undefined : Math.max(0, sold - each.back)));
        else {
          await warehouse.stopSales();
          await warehouse.startSales();
        }
      }
      // Whoever came last has begun before the last event.
      await eventually(() => {
        for (const each of all) if (each.after !== sold) expect(each.entries.length).toBeGreaterThan(0);
      });
      sell(1);
      await eventually(() => expect(all.map(lastOf)).toEqual(all.map(() => sold)));
      for (const { entries, after } of all) {
        const first = after === undefined ? entries[0]!.sequence : after + 1;
        expect(entries.map(({ sequence }) => sequence)).toEqual(
          Array.from({ length: sold - first + 1 }, (_, index) => first + index),
        );
      }
      await clients.closeAll();
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

test('where the newest counts a client has it of each key, and never an older one after it', async () => {
  const skus = ['A', 'B', 'C'];
  const newest = new Map<string, number>();
  let count = 0;
  const price = (sku: string) => {
    warehouse.setPrice(sku, (count += 1));
    newest.set(sku, count);
  };
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('price' as const), sku: fc.constantFrom(...skus) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('join' as const), joined: fc.constantFrom('', 'item { name }') }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('breathe' as const), ms: fc.nat({ max: 30 }) }) },
  );
  for (const sku of skus) price(sku);
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 80 }), slowShop, async (actions, delaysMs) => {
      answerLate(delaysMs);
      const all = [follow('stockPriced', 'sku item { name }')];
      for (const each of actions) {
        if (each.kind === 'price') price(each.sku);
        else if (each.kind === 'join') all.push(follow('stockPriced', `sku ${each.joined}`));
        else await new Promise((resolve) => setTimeout(resolve, each.ms));
      }
      await eventually(() => {
        for (const each of all) expect(each.entries.length).toBeGreaterThan(0);
      });
      for (const sku of skus) price(sku);
      for (const sku of skus) {
        const sequencesOf = ({ entries }: Received) =>
          entries.filter((each) => each.sku === sku).map((each) => each.sequence);
        await eventually(() =>
          expect(all.map((each) => sequencesOf(each).at(-1))).toEqual(all.map(() => newest.get(sku))),
        );
        for (const each of all)
          expect(sequencesOf(each)).toEqual([...new Set(sequencesOf(each))].toSorted((a, b) => a - b));
      }
      await clients.closeAll();
    }),
    { numRuns: 25, endOnFailure: true },
  );
});
