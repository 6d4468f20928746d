import type { Logger } from '#shared/logger.ts';
import { inTime } from '#shared/waiting.ts';
import type { TickCheckpointRepository } from './tick-checkpoint-repository.ts';

/** No sequence above `ceiling` was ever given out; the stream has reached `atLeast`, because the history contains it. */
export type KnownSequences = { ceiling: number; atLeast: number };

/**
 * Keeps in PostgreSQL, for each symbol, a number that no published sequence exceeds. Redis is disposable, so after losing
 * it together with the writer a new writer continues behind the ceiling, and no sequence ever means two prices.
 */
export type SequenceCeilings = {
  /** What is known of symbols' sequences: where a writer continues whose stream is gone, or has lost its end. */
  open(symbols: readonly string[]): Promise<Map<string, KnownSequences>>;
  /**
   * Makes sure that sequences up to `upTo` may be given out. Resolves at once in nearly all cases, because ceilings are
   * raised ahead of need, and after at most `patienceMs` when PostgreSQL is away: live prices do not wait for it.
   */
  reserve(symbol: string, upTo: number): Promise<void>;
  /** Lowers a ceiling to the exact last sequence, so that the next writer leaves no gap. Only when nothing is published any more. */
  settle(symbol: string, last: number): Promise<void>;
};

/** Sequences that are reserved at a time. */
const blockSize = 10_000;
const patienceMs = 250;
const retryMs = 1_000;

export function createSequenceCeilings(options: {
  repository: Pick<TickCheckpointRepository, 'open' | 'raiseCeiling' | 'lowerCeiling'>;
  logger: Logger;
}): SequenceCeilings {
  const { repository, logger } = options;
  /** Those that this process has raised itself: another one's may be lowered when that one stops. */
  const ceilings = new Map<string, number>();
  const raising = new Map<string, Promise<void>>();
  let isDatabaseAway = false;
  let retryAt = 0;

  function raise(symbol: string, upTo: number): Promise<void> {
    const underWay = raising.get(symbol);
    if (underWay) return underWay;
    if (isDatabaseAway && performance.now() < retryAt) return Promise.resolve();
    const ceiling = upTo + blockSize;
    const done = repository.raiseCeiling(symbol, ceiling).then(
      () => {
        ceilings.set(symbol, ceiling);
        if (isDatabaseAway) logger.info('sequence ceilings are raised again');
        isDatabaseAway = false;
      },
      (err: unknown) => databaseIsAway(err),
    );
    raising.set(symbol, done);
    void done.finally(() => raising.delete(symbol));
    return done;
  }

  function databaseIsAway(err: unknown): void {
    if (!isDatabaseAway) logger.warn({ err }, 'sequence ceilings cannot be raised; prices go on without');
    isDatabaseAway = true;
    retryAt = performance.now() + retryMs;
  }

  return {
    async open(symbols) {
      const checkpoints = await repository.open(symbols);
      return new Map(
        [...checkpoints].map(([symbol, { sequenceCeiling, historySequence }]) => [
          symbol,
          { ceiling: sequenceCeiling, atLeast: historySequence },
        ]),
      );
    },
    async reserve(symbol, upTo) {
      const ceiling = ceilings.get(symbol) ?? 0;
      if (upTo <= ceiling - blockSize / 2) return;
      const raised = raise(symbol, upTo).then(() => true);
      if (upTo <= ceiling || isDatabaseAway) return;
      if (!(await inTime(raised, patienceMs)))
        databaseIsAway(new Error(`PostgreSQL did not answer within ${patienceMs} ms`));
    },
    async settle(symbol, last) {
      await raising.get(symbol);
      const ceiling = ceilings.get(symbol);
      if (ceiling === undefined) return;
      await repository.lowerCeiling(symbol, ceiling, last);
      ceilings.delete(symbol);
    },
  };
}
