import type { Redis } from 'ioredis';
import type { Logger } from '#shared/logger.ts';
import type { WriterLease } from '#shared/ticks/tick-writer.ts';
import { inTime, pause } from '#shared/waiting.ts';

/** What a worker does while it leads. */
export type Term = {
  /** @param isLost another one leads already, or may at any moment: nothing needs to be finished */
  stop(isLost: boolean): Promise<void>;
};

export type Leadership = {
  /** Stands for election until it is stopped. Resolves when the first vote is in. @throws what the first term fails with */
  start(): Promise<void>;
  isLeading(): boolean;
  /** Ends the term and hands over, so that another worker leads at once. */
  stop(): Promise<void>;
};

/** Renewals, and attempts of those who do not lead, within the time of one lease. */
const votesPerLease = 5;

/** Takes the lease where nobody holds it, prolongs one's own, and tells whether it is one's own now. */
const voteScript = `
local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0`;

const resignScript = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end`;

/**
 * Lets one of several workers lead, by a lease in Redis: one that is killed is followed within the lease and a vote, one
 * that stops at once. Redis is where the leader writes, so a leader that does not reach Redis need not be followed; and
 * where Redis is flushed, whoever votes first leads. Two may believe for a moment that they lead: the lease is asked for
 * once more with every write (`lease` of the tick writer), so only one does.
 */
export function createLeadership(options: {
  redis: Redis;
  lease: WriterLease;
  /** Milliseconds. */
  leaseMs: number;
  lead: () => Promise<Term>;
  logger: Logger;
}): Leadership {
  const { redis, lease, leaseMs, logger } = options;
  const everyMs = leaseMs / votesPerLease;
  const closing = new AbortController();
  let term: Promise<Term> | undefined;
  let standing: Promise<void> | undefined;
  let isStopping = false;
  /** Until when this worker leaves leading to others, because its own term could not begin. */
  let restsUntil = 0;

  /** Without an answer things stay as they are. */
  async function vote(): Promise<boolean | undefined> {
    const answer = redis.eval(voteScript, 1, lease.key, lease.holder, leaseMs).then(
      (reply) => reply === 1,
      () => undefined,
    );
    return await inTime(answer, leaseMs);
  }

  async function elect(): Promise<void> {
    if (performance.now() < restsUntil) return;
    const isElected = await vote();
    if (isElected === true && !term && !isStopping) begin();
    if (isElected === false && term) await standDown(term);
  }

  /** Votes go on while a term begins, which may take longer than a lease. */
  function begin(): void {
    logger.info('leading: this worker takes the feeds');
    const beginning = options.lead();
    term = beginning;
    beginning.catch(async (err: unknown) => {
      logger.error({ err }, 'this worker cannot lead; leaving it to others for a while');
      restsUntil = performance.now() + 2 * leaseMs;
      term = undefined;
      await resign();
    });
  }

  async function standDown(ended: Promise<Term>): Promise<void> {
    logger.warn('another worker leads; this one stands by');
    term = undefined;
    await endOf(ended, true);
  }

  async function stand(): Promise<void> {
    while (!closing.signal.aborted) {
      await elect().catch((err: unknown) => logger.error({ err }, 'an election failed'));
      await pause(everyMs, closing.signal);
    }
  }

  async function resign(): Promise<void> {
    const resigned = redis.eval(resignScript, 1, lease.key, lease.holder).catch(() => undefined);
    await inTime(resigned, everyMs);
  }

  return {
    async start() {
      await elect();
      const first = term;
      if (!first) logger.info('another worker leads; this one stands by');
      standing = stand();
      try {
        await first;
      } catch (error) {
        closing.abort();
        await standing;
        throw error;
      }
    },
    isLeading: () => term !== undefined,
    async stop() {
      isStopping = true;
      // The lease is kept until the last price is out, which is not written without it.
      try {
        if (term) await endOf(term, false);
      } finally {
        closing.abort();
        await standing;
        await resign();
      }
    },
  };
}

/** Stops a term; one that could not begin has nothing to stop. */
async function endOf(term: Promise<Term>, isLost: boolean): Promise<void> {
  const begun = await term.catch(() => undefined);
  await begun?.stop(isLost);
}
