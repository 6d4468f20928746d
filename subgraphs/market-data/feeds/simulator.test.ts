import { describe, expect, test } from '@jest/globals';
import type { FeedQuote, ResumePoint } from './feed.ts';
import { createSimulator } from './simulator.ts';

/** Runs a simulator from an instant on until it has sent gold `count` times. */
async function watch(options: { seed: number; from: string; count: number; resumeFrom?: Map<string, ResumePoint> }) {
  const offset = Date.parse(options.from) - Date.now();
  const clock = () => Date.now() + offset;
  const simulator = createSimulator({
    seed: options.seed,
    xauUsd: 4084.3,
    marketHours: { hours: 'new-york', holidays: [] },
    currencies: ['USD', 'EUR', 'AED', 'CHF'],
    weight: 1,
    clock,
  });
  const begun = clock();
  const quotes: FeedQuote[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  await simulator.start({
    resumeFrom: options.resumeFrom ?? new Map(),
    room: async () => {},
    onAlive: () => {},
    onQuotes: (sent) => {
      quotes.push(...sent);
      if (quotes.filter(({ symbol }) => symbol === 'XAU-USD').length >= options.count) resolve();
    },
  });
  const health = simulator.health();
  await done;
  await simulator.stop();
  return { quotes, gold: quotes.filter(({ symbol }) => symbol === 'XAU-USD'), begun, health };
}

describe('the simulator', () => {
  test('a closed market makes no prices, and the first comes when it opens', async () => {
    const { quotes, health } = await watch({ seed: 1, from: '2026-11-22T22:59:59.500Z', count: 2 });
    expect(health).toMatchObject({ ok: true, detail: 'the market is closed' });
    expect(quotes[0]!.time).toBeGreaterThanOrEqual(Date.parse('2026-11-22T23:00:00Z'));
  });

  test('metals and the rates that are wanted and known are quoted at once, and gold with every tick', async () => {
    const { quotes, gold } = await watch({ seed: 2, from: '2026-11-18T12:00:00Z', count: 12 });
    expect(quotes.slice(0, 5).map(({ symbol }) => symbol)).toEqual([
      'XAU-USD',
      'XAG-USD',
      'USD-EUR',
      'USD-AED',
      'XAU-USD',
    ]);
    const seconds = (gold.at(-1)!.time - gold[0]!.time) / 1000;
    expect(gold.length / seconds).toBeGreaterThan(3);
    expect(gold.length / seconds).toBeLessThan(20);
  });

  test('a seed repeats the prices, whatever the timers did', async () => {
    const prices = async () =>
      (await watch({ seed: 3, from: '2026-11-18T12:00:00Z', count: 8 })).gold.slice(0, 8).map(({ bid }) => bid);
    expect(await prices()).toEqual(await prices());
  });

  test('prices go on from where they were left', async () => {
    const resumeFrom = new Map([['XAU-USD', { mid: '1950.5' }]]);
    const { gold } = await watch({ seed: 4, from: '2026-11-18T12:00:00Z', count: 1, resumeFrom });
    expect(Number(gold[0]!.bid)).toBeCloseTo(1950.35, 1);
  });
});
