/** How far a token usually is above the spot price, learnt from both while the market is open. */
export type TokenBasis = {
  /** Whether there is something to be learnt: at most once a second. */
  isDue(now: number): boolean;
  /** Learns from the prices of one moment, `now` in epoch milliseconds. */
  learn(prices: { token: number; spot: number }, now: number): void;
  /** Basis points of the spot price, negative where the token is cheaper; undefined before enough has been learnt. */
  bps(): number | undefined;
};

const halfLifeMs = 600_000;
const intervalMs = 1_000;
/** Samples, a second apart at least, before a basis is used. */
const enough = 30;
/** What is farther than this from the metal does not follow it, and nothing is learnt from it. */
const maxBasisBps = 1_000;

/**
 * A moving average with a half-life of ten minutes: after a pause what is new counts more. The first samples count alike, so
 * that the very first one has no say of its own.
 * @param kept what was learnt before, in basis points; it is used at once
 */
export function createTokenBasis(kept: number | undefined): TokenBasis {
  const isKept = kept !== undefined && Math.abs(kept) <= maxBasisBps;
  let average = isKept ? kept : 0;
  let samples = isKept ? enough : 0;
  let learntAt: number | undefined;

  return {
    isDue: (now) => learntAt === undefined || now - learntAt >= intervalMs || now < learntAt,
    learn({ token, spot }, now) {
      const sample = (token / spot - 1) * 10_000;
      if (!(Math.abs(sample) <= maxBasisBps)) return;
      const elapsed = learntAt === undefined ? 0 : Math.max(0, now - learntAt);
      learntAt = now;
      samples += 1;
      const share = Math.max(1 - 2 ** (-elapsed / halfLifeMs), samples <= enough ? 1 / samples : 0);
      average += share * (sample - average);
    },
    bps: () => (samples >= enough ? average : undefined),
  };
}
