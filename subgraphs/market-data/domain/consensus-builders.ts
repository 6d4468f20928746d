import { createConsensus, type ConsensusLimits, type ConsensusPrice } from './consensus.ts';
import type { PriceSource } from './price-source.ts';

/** A Wednesday morning, for tests. */
export const start = Date.parse('2026-11-18T10:00:00Z');

export const usualLimits: ConsensusLimits = {
  maxSpreadBps: 50,
  maxJumpBps: 50,
  maxDistanceBps: 35,
  midSpreadBps: 3,
  decimals: 3,
};

/** A live source of spot prices that hold for 10 seconds, unless said otherwise. */
export function aSource(name: string, more: Partial<PriceSource> = {}): PriceSource {
  return { name, symbol: 'XAU-USD', kind: 'spot', weight: 1, freshForMs: 10_000, isLive: true, ...more };
}

/** A consensus with a clock of its own, which begins at `start` and moves by hand. */
export function aMarket(
  sources: PriceSource[],
  { limits, bases }: { limits?: Partial<ConsensusLimits>; bases?: Record<string, number> } = {},
) {
  const consensus = createConsensus({
    sources,
    limits: { ...usualLimits, ...limits },
    bases: new Map(Object.entries(bases ?? {})),
  });
  let now = start;
  let isOpen = true;
  let latest: ConsensusPrice | undefined;

  function say(source: string, bid: string, ask: string, more: { time?: number; feedPosition?: string } = {}) {
    const result = consensus.consider({ source, bid, ask, time: now, ...more }, { now, isOpen });
    if ('problem' in result) return result.problem;
    latest = result.price;
    return inShort(result.price);
  }

  return {
    /** Says a bid and an ask, now unless told otherwise. @returns `bid/ask quality`, or the problem */
    say,
    /** Says a mid price with a spread of 0.6. */
    sayMid(source: string, mid: number) {
      return say(source, (mid - 0.3).toFixed(2), (mid + 0.3).toFixed(2));
    },
    confirm(source: string) {
      const price = consensus.confirm(source, { now, isOpen });
      return price && inShort(price);
    },
    pass(ms: number) {
      now += ms;
    },
    close() {
      isOpen = false;
    },
    now: () => now,
    latest: () => latest!,
    used: () => latest!.sources.map(({ name }) => name).join(' '),
    bases: () => consensus.bases(),
  };
}

function inShort({ bid, ask, quality }: ConsensusPrice): string {
  return `${bid}/${ask} ${quality}`;
}
