import type { Breaker } from '#shared/ticks/tick.ts';
import { createSlidingExtremes } from './sliding-extremes.ts';

export type BreakerLimits = {
  /** Basis points between two prices of the same minute at which the market is degraded, and halted. */
  degradedBps: number;
  haltBps: number;
  /** Milliseconds that a halt lasts. */
  haltMs: number;
  /** Fresh sources that a price needs. */
  quorum: number;
};

/** A price as the breaker sees it. */
export type Observation = {
  /** Double; it is only compared. */
  mid: number;
  /** When the price was made, epoch milliseconds by the market's time, which of a recording is not now. */
  at: number;
  now: number;
  freshSources: number;
  isOpen: boolean;
};

/** Watches the prices of one symbol. */
export type PriceBreaker = {
  /** Looks at the next price. @returns what is to be said of it, undefined for nothing */
  observe(price: Observation): Breaker | undefined;
  /** Goes on from the last price that another process made, and from what was said of it. */
  resume(price: Pick<Observation, 'mid' | 'at'>, said: Breaker | undefined): void;
};

const minute = 60_000;
/** How long sources may take to begin before too few of them count as a lost quorum. */
const quorumPatienceMs = 10_000;

/**
 * A market that moves too far within a minute is degraded until that minute has passed, or halted for a while; behind the
 * halt prices are compared anew with those that come then. With too few fresh sources it is halted until there are enough.
 * All of it only while the market is open: the first price of a week is compared with nothing.
 */
export function createBreaker({ degradedBps, haltBps, haltMs, quorum }: BreakerLimits): PriceBreaker {
  const minuteOfPrices = createSlidingExtremes(minute);
  let newest = -Infinity;
  let halt: (Breaker & { until: number }) | undefined;
  /** A quorum can be lost once it was there: sources begin one after the other. */
  let hadQuorum = false;
  let begunAt: number | undefined;
  /** The same is said as long as it is of the same move, however the price goes on. */
  let degraded: { since: number; breaker: Breaker } | undefined;

  /** How far the market went within the last minute, and when that began. */
  function moveTo({ mid, at }: Observation): { bps: number; since: number } {
    // A recording that is played again begins anew; sources whose clocks differ do not.
    if (at < newest - minute) minuteOfPrices.clear();
    newest = at < newest - minute ? at : Math.max(newest, at);
    minuteOfPrices.add({ at: newest, value: mid });
    const [lowest, highest] = [minuteOfPrices.lowest()!, minuteOfPrices.highest()!];
    const [first, last] = lowest.at < highest.at ? [lowest, highest] : [highest, lowest];
    return { bps: Math.abs(last.value / first.value - 1) * 10_000, since: first.at };
  }

  function breakerOf(price: Observation): Breaker | undefined {
    const { now } = price;
    if (halt && now < halt.until) return halt;
    halt = undefined;
    const { bps, since } = moveTo(price);
    if (bps >= haltBps) {
      halt = { state: 'HALTED', reason: reasonOf(haltBps), until: now + haltMs };
      minuteOfPrices.clear();
      return halt;
    }
    if (bps < degradedBps) return undefined;
    if (degraded?.since !== since) {
      const until = now + minute - (newest - since);
      degraded = { since, breaker: { state: 'DEGRADED', reason: reasonOf(degradedBps), until } };
    }
    return degraded.breaker;
  }

  return {
    observe(price) {
      if (!price.isOpen) {
        minuteOfPrices.clear();
        return undefined;
      }
      const breaker = breakerOf(price);
      const { freshSources, now } = price;
      begunAt ??= now;
      if (freshSources >= quorum) hadQuorum = true;
      if (freshSources >= quorum || (!hadQuorum && now - begunAt < quorumPatienceMs)) return breaker;
      return {
        state: 'HALTED',
        reason: `${freshSources} of ${quorum} sources that are needed say a price`,
        until: null,
      };
    },
    resume({ mid, at }, said) {
      newest = at;
      minuteOfPrices.add({ at, value: mid });
      if (said?.state !== 'HALTED') return;
      if (said.until === null) hadQuorum = true;
      else halt = { ...said, until: said.until };
    },
  };
}

function reasonOf(bps: number): string {
  return `The price moved by ${bps / 100} % or more within a minute`;
}
