import assert from 'node:assert/strict';
import { decimal, sum } from '#shared/decimal.ts';
import { createGraphqlClient } from '#shared/testing/graphql-client.ts';
import { contractOperation } from './contract-operation.ts';
import { follow } from './follower.ts';
import type { RunningClone } from './running-clone.ts';
import { tellStory } from './story.ts';
import { flushRedis, kill, victims } from './victims.ts';

type Price = { total: { amount: string; currency: string } | null; sequence?: string } | null;
type ProductNode = { sku: string; stock: { available: number }; price: Price };
type ProductEvent = {
  priceUpdated: { sequence: string; mid: string; instrument: { products: { nodes: ProductNode[] } } };
};

/** What a newcomer does with the running system, and what must go well. */
export function systemSteps(clone: RunningClone): [name: string, work: () => Promise<void>][] {
  const client = () => createGraphqlClient(`${clone.url}/graphql`);
  return [
    [
      'it runs without a redis-server, on the JavaScript one, and says so',
      async () => assert.match(clone.output(), /Redis .*in JavaScript/),
    ],
    [
      'LivePrice streams, each price numbered one above the last',
      async () => {
        const graphql = client();
        const events = graphql.subscribe<{ priceUpdated: { sequence: string; bid: string; ask: string } }>(
          contractOperation('market-data', 'LivePrice'),
          { symbol: 'XAU-USD' },
        );
        const prices = (await events.take(20)).map(({ data }) => data!.priceUpdated);
        assertDense(prices.map(({ sequence }) => Number(sequence)));
        for (const { bid, ask } of prices) assert.ok(decimal(bid).lt(ask));
        await graphql.close();
      },
    ],
    [
      'LivePriceWithProducts follows tick by tick, every product priced at the tick of its event',
      async () => {
        const graphql = client();
        const query = contractOperation('market-data', 'LivePriceWithProducts').replace('total {', 'sequence total {');
        const events = graphql.subscribe<ProductEvent>(query, { symbol: 'XAU-USD' });
        const received = (await events.take(20)).map((event) => {
          assert.equal(event.errors, undefined);
          return event.data!.priceUpdated;
        });
        assertDense(received.map(({ sequence }) => Number(sequence)));
        for (const { sequence, instrument } of received) {
          assert.equal(instrument.products.nodes.length, 5);
          for (const { sku, price } of instrument.products.nodes) assert.equal(price?.sequence, sequence, sku);
        }
        await graphql.close();
      },
    ],
    [
      'ProductPrice answers with lines that add up to the total exactly',
      async () => {
        const graphql = client();
        const { data, errors } = await graphql.request<{
          product: { price: { total: { amount: string }; lines: { amount: { amount: string } }[] } };
        }>(contractOperation('products-and-quotes', 'ProductPrice'), { sku: 'BAR-100G', side: 'BUY', quantity: 3 });
        assert.equal(errors, undefined);
        const { total, lines } = data!.product.price;
        assert.equal(sum(lines.map(({ amount }) => decimal(amount.amount))).toFixed(2), total.amount);
        await graphql.close();
      },
    ],
    [
      'a browser gets Sandbox at /graphql and GraphiQL at /graphiql',
      async () => {
        const page = async (path: string) =>
          (await fetch(clone.url + path, { headers: { accept: 'text/html' } })).text();
        assert.match(await page('/graphql'), /Apollo Sandbox/);
        assert.match(await page('/graphiql'), /<script[^>]+\/graphiql\//);
      },
    ],
    [
      'a REST client gets the price at an address, and is told of all the others',
      async () => {
        const get = async (path: string) => {
          const response = await fetch(`${clone.url}/rest/${path}`);
          assert.equal(response.status, 200);
          return await response.json();
        };
        const { instrument } = (await get('GoldNow?symbol=XAU-USD&unit=GRAM')) as { instrument: { symbol: string } };
        assert.equal(instrument.symbol, 'XAU-USD');
        const { paths } = (await get('openapi.json')) as { paths: Record<string, object> };
        assert.ok('/GoldNow' in paths);
      },
    ],
    ['register, credit, quote, order, pay: told once on every channel', () => tellStory(clone, async () => {})],
    ['the same while Redis is flushed between all of them', () => tellStory(clone, () => flushRedis(clone))],
    ...Object.entries(victims).flatMap(([name, pattern]): [string, () => Promise<void>][] => [
      [`kill -9 of ${name}: the price goes on or is resumed, and nothing is lost`, () => survives(clone, pattern)],
      [
        `kill -9 of ${name} between all steps: the story ends the same, each message once`,
        () => tellStory(clone, async () => void (await kill(clone, pattern))),
      ],
    ]),
  ];
}

/** The sequence of the latest price. */
export async function latestSequence(url: string): Promise<number> {
  const graphql = createGraphqlClient(`${url}/graphql`);
  const { data } = await graphql.request<{ instrument: { price: { sequence: string } } }>(
    '{ instrument(symbol: "XAU-USD") { price { sequence } } }',
  );
  await graphql.close();
  return Number(data!.instrument.price.sequence);
}

async function survives(clone: RunningClone, pattern: RegExp): Promise<void> {
  const document = `subscription ($symbol: ID!, $after: BigInt) {
    priceUpdated(symbol: $symbol, after: $after) { sequence isStale }
  }`;
  const follower = follow<{ sequence: string; isStale: boolean }>({
    url: clone.url,
    document,
    variables: { symbol: 'XAU-USD' },
  });
  try {
    await follower.until(10);
    const killed = await kill(clone, pattern);
    await follower.until(follower.events.length + 60);
    // A price that no other follows for long is told once more, as stale.
    const told = follower.events.filter(
      ({ sequence, isStale }, index) => !isStale || sequence !== follower.events[index - 1]?.sequence,
    );
    assertDense(told.map(({ sequence }) => Number(sequence)));
    await backAgain(clone, pattern, killed);
  } finally {
    await follower.stop();
  }
}

/** Waits until the supervisor has started again what was killed, and the gateway answers a joined query. */
async function backAgain(clone: RunningClone, pattern: RegExp, count: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  const query =
    '{ instrument(symbol: "XAU-USD") { price { mid } products(first: 1) { nodes { price(side: BUY, quantity: 1) { sequence } } } } }';
  for (;;) {
    const running = (await clone.processes()).filter(({ command }) => pattern.test(command));
    const graphql = createGraphqlClient(`${clone.url}/graphql`);
    const answer = await graphql.request(query).catch((error: unknown) => ({ errors: [error] }));
    await graphql.close();
    if (running.length >= count && !answer.errors) return;
    if (Date.now() > deadline) throw new Error(`not back within a minute: ${JSON.stringify(answer.errors)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function assertDense(sequences: number[]): void {
  assert.deepEqual(
    sequences,
    sequences.map((_, index) => sequences[0]! + index),
  );
}
