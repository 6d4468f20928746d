import { AsyncLocalStorage } from 'node:async_hooks';
import { DomainError } from './errors.ts';

/** The HTTP header that says how many milliseconds the asker still waits: relative, so that clocks need not agree. */
export const timeoutHeader = 'x-timeout-ms';

/** No request may ask for more milliseconds than this. */
const longestMs = 600_000;

/** When the answer of the request that is being handled is of no use any more. */
export type Deadline = {
  hasPassed(): boolean;
  /** Runs `work` when the deadline passes, at once where it has. @returns takes the work back */
  onPassed(work: () => void): () => void;
  /** The request is answered: nothing is run any more. */
  end(): void;
};

const storage = new AsyncLocalStorage<Deadline | undefined>();

/** The deadline of the request that is being handled; `undefined` outside one, and where its asker waits for ever. */
export function currentDeadline(): Deadline | undefined {
  return storage.getStore();
}

/** Runs `work` under a deadline: statements of PostgreSQL that it begins are cancelled when that passes. */
export function withDeadline<T>(deadline: Deadline | undefined, work: () => T): T {
  return storage.run(deadline, work);
}

/** A deadline in so many milliseconds from now. */
export function createDeadline(timeoutMs: number): Deadline {
  const at = performance.now() + timeoutMs;
  const works = new Set<() => void>();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    for (const work of works) work();
    works.clear();
  }, timeoutMs);
  return {
    // The clock is asked too: a busy process runs its timers late.
    hasPassed: () => isOver || performance.now() >= at,
    onPassed(work) {
      if (isOver) work();
      else works.add(work);
      return () => works.delete(work);
    },
    end() {
      clearTimeout(timer);
      works.clear();
    },
  };
}

/** Reads the header: a whole number of milliseconds, ten minutes at most; `undefined` for anything else. */
export function acceptTimeout(given: unknown): number | undefined {
  if (typeof given !== 'string' || !/^\d{1,15}$/.test(given)) return undefined;
  return Math.min(Number(given), longestMs);
}

/** What a request is answered with whose deadline has passed. */
export function deadlineExceeded(cause?: unknown): DomainError {
  return new DomainError('DEADLINE_EXCEEDED', 'It was not done in time', { retryable: true, cause });
}
