import { expect, test } from '@jest/globals';
import { createPegs } from './pegs.ts';
import { receive } from './test/receive.ts';

test('a peg is said at the start and again and again with the time of now, until the end', async () => {
  let now = 1_000;
  const feed = createPegs({ pegs: ['AED:3.6725', 'SAR:3.75'], weight: 2, clock: () => now++, intervalMs: 5 });
  const { quotes, until } = await receive(feed);
  expect(quotes).toEqual([
    { source: 'pegs', symbol: 'USD-AED', bid: '3.6725', ask: '3.6725', time: 1_000 },
    { source: 'pegs', symbol: 'USD-SAR', bid: '3.75', ask: '3.75', time: 1_000 },
  ]);
  await until(6);
  await feed.stop();
  const said = quotes.length;
  expect(quotes[4]).toMatchObject({ symbol: 'USD-AED', time: 1_002 });
  expect(feed.health()).toMatchObject({ ok: true, detail: 'AED:3.6725, SAR:3.75', lastQuoteAt: quotes.at(-1)!.time });
  expect(feed.sources).toMatchObject([{ symbol: 'USD-AED', kind: 'rate', weight: 2 }, { symbol: 'USD-SAR' }]);
  const another = createPegs({ pegs: ['AED:3.6725'], weight: 1, clock: Date.now, intervalMs: 5 });
  await (await receive(another)).until(4);
  await another.stop();
  expect(quotes).toHaveLength(said);
});
