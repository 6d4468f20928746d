import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createBreaker } from '../domain/breaker.ts';
import { aSource, usualLimits } from '../domain/consensus-builders.ts';
import { createConsensus, type Consensus } from '../domain/consensus.ts';
import { nextUniform } from '../domain/random.ts';
import { readSharedData } from './config.ts';
import { findRealTicks } from './recordings.ts';

type Tick = { bid: string; ask: string; time: number };

const realTicks = findRealTicks(readSharedData());
// oxlint-disable-next-line no-console
if (!realTicks) console.warn('SKIPPED: the recording of real ticks is not here; set GOLD_SHARED_DATA to its folder');
const describeReal = realTicks ? describe : describe.skip;

const payrolls = Date.parse('2014-05-02T12:30:00Z');
const sundayOpening = Date.parse('2014-05-04T22:00:00Z');
const open = (now: number) => ({ now, isOpen: true });
const midOf = ({ bid, ask }: { bid: string; ask: string }) => (Number(bid) + Number(ask)) / 2;
const raised = ({ bid, ask, time }: Tick, ratio: number): Tick => ({
  bid: (Number(bid) * ratio).toFixed(3),
  ask: (Number(ask) * ratio).toFixed(3),
  time,
});

let ticks: Tick[];
beforeAll(() => {
  const lines = realTicks ? gunzipSync(readFileSync(realTicks)).toString().trim().split('\n').slice(1) : [];
  ticks = lines.map((line) => {
    const [time, bid, ask] = line.split(',') as [string, string, string];
    return { time: Date.parse(time), bid, ask };
  });
});

/** From 10 seconds before payrolls to 20 behind them, and the first 5 minutes of the week. */
const busyTicks = () =>
  ticks.filter(
    ({ time }) => (time > payrolls - 10_000 && time < payrolls + 20_000) || Math.abs(time - sundayOpening) < 300_000,
  );

/** Every so many rows a lie instead of what was recorded, for some rows behind each other. */
function lieInto(recorded: Tick[], { every, rows }: { every: number; rows: number }): { tick: Tick; isLie: boolean }[] {
  return recorded.map((tick, index) => {
    const isLie = index > every && index % every < rows;
    return { tick: isLie ? raised(tick, Math.floor(index / every) % 2 === 0 ? 1.05 : 0.95) : tick, isLie };
  });
}

describeReal('real ticks as one recorded source', () => {
  const recorded = () =>
    createConsensus({ sources: [aSource('file', { isLive: false, freshForMs: 15_000 })], limits: usualLimits });
  const say = (consensus: Consensus, tick: Tick, index: number) =>
    consensus.consider({ source: 'file', ...tick }, open(index));

  test('all of them pass as they were recorded, payrolls and the Sunday opening included', () => {
    const consensus = recorded();
    const changed = ticks.filter((tick, index) => {
      const result = say(consensus, tick, index);
      return !('price' in result) || result.price.bid !== tick.bid || result.price.ask !== tick.ask;
    });
    expect([ticks.length, changed]).toEqual([235_979, []]);
    expect(ticks.filter(({ time }) => time >= payrolls && time < payrolls + 60_000)).toHaveLength(8_207);
    expect(ticks.some(({ time }) => time >= sundayOpening)).toBe(true);
  });

  test.each([1, 2])('a lie of 5 %% over %i rows is held back, and nothing else', (rows) => {
    const consensus = recorded();
    const wrong = lieInto(busyTicks(), { every: 97, rows }).filter(({ tick, isLie }, index) => {
      const result = say(consensus, tick, index);
      return 'price' in result ? isLie || result.price.bid !== tick.bid : !isLie || result.problem !== 'JUMP';
    });
    expect(wrong).toEqual([]);
  });

  test('they never halt the market, and do not even degrade it: payrolls moved it by 0.97 % in a minute', () => {
    const observe = (degradedBps: number) => {
      const breaker = createBreaker({ degradedBps, haltBps: 200, haltMs: 120_000, quorum: 1 });
      return ticks.flatMap((tick) => {
        const { time } = tick;
        const said = breaker.observe({ mid: midOf(tick), at: time, now: time, freshSources: 1, isOpen: true });
        return said ? [{ time, state: said.state }] : [];
      });
    };
    expect(observe(100)).toEqual([]);
    const degraded = observe(97);
    expect(new Set(degraded.map(({ state }) => state))).toEqual(new Set(['DEGRADED']));
    expect(degraded.every(({ time }) => time >= payrolls && time < payrolls + 120_000)).toBe(true);
  });
});

describeReal('real ticks as three live sources', () => {
  const names = ['a', 'b', 'c'];
  const delays = [40, 120, 250];

  /** What each source says when: late by its own way to us and a little more, by a clock that is off; sorted by arrival. */
  function arrivals(recorded: Tick[], offset: number) {
    let random = 7;
    const last = [0, 0, 0];
    return recorded
      .flatMap((tick) =>
        names.map((source, index) => {
          let jitter: number;
          [jitter, random] = nextUniform(random);
          const now = Math.max(last[index]!, tick.time + delays[index]! + Math.floor(jitter * 60));
          last[index] = now;
          const { bid, ask } = index === 2 ? raised(tick, 1 + offset / 10_000) : tick;
          return { now, quote: { source, bid, ask, time: tick.time + index * 500 - 500 } };
        }),
      )
      .sort((one, other) => one.now - other.now);
  }

  const live = () => createConsensus({ sources: names.map((name) => aSource(name)), limits: usualLimits });

  test('the price follows payrolls and the Sunday opening with the second of them, and no source is held back', () => {
    const consensus = live();
    const heard = new Map<string, number>();
    const problems: string[] = [];
    let farthestBps = 0;
    for (const { now, quote } of arrivals(busyTicks(), 1)) {
      heard.set(quote.source, midOf(quote));
      const result = consensus.consider(quote, open(now));
      if ('problem' in result) problems.push(result.problem);
      else if (result.price.freshSources === 3) {
        const [, middle] = [...heard.values()].sort((one, other) => one - other);
        farthestBps = Math.max(farthestBps, Math.abs(midOf(result.price) / middle! - 1) * 10_000);
      }
    }
    // Who is first or last at the one move of 41 basis points is not with the others for a moment.
    expect(new Set(problems)).toEqual(new Set(['TOO_FAR']));
    expect(problems.length).toBeLessThan(20);
    expect(farthestBps).toBeLessThan(10.5);
  });

  test.each([500, 0])('a lie of one of them from its quote %i on, for ever, stays without effect', (from) => {
    const consensus = live();
    const heard = new Map<string, { bid: string; ask: string }>();
    const wrong: unknown[] = [];
    const isAmong = (price: { bid: string; ask: string }, side: 'bid' | 'ask') => {
      const sides = [...heard.values()].map((each) => Number(each[side]));
      return Number(price[side]) >= Math.min(...sides) && Number(price[side]) <= Math.max(...sides);
    };
    let [saidByC, published] = [0, 0];
    for (const { now, quote } of arrivals(busyTicks(), 0)) {
      saidByC += quote.source === 'c' ? 1 : 0;
      const isLie = quote.source === 'c' && saidByC > from;
      if (!isLie) heard.set(quote.source, quote);
      // What it said before holds until it has said the lie for the third time.
      else if (saidByC > from + 2) heard.delete('c');
      const result = consensus.consider(isLie ? { ...quote, ...raised(quote, 1.05) } : quote, open(now));
      if (!('price' in result) || heard.size < 2) continue;
      published += 1;
      if (!isAmong(result.price, 'bid') || !isAmong(result.price, 'ask')) wrong.push(result.price);
    }
    expect(wrong).toEqual([]);
    expect(published).toBeGreaterThan(5_000);
  });
});
