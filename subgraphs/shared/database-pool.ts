import pg from 'pg';
import { cancelStatement } from './cancel-statement.ts';
import { currentDeadline, deadlineExceeded, type Deadline } from './deadline.ts';

/** Milliseconds that PostgreSQL has to end a cancelled statement, before its connection is cut. */
const cancelGraceMs = 1_000;

/**
 * Milliseconds after the deadline when a statement is cancelled, as long as it runs: PostgreSQL forgets a cancellation that
 * has overtaken its statement.
 */
const cancelAfterMs = [0, 50, 150, 350, 750];

/** A connection while it is lent to a request that has a deadline. */
type Loan = {
  deadline: Deadline;
  /** Whether what runs, or ran last, ends a transaction: cut off there, nobody would know whether it had been done. */
  isEnding: boolean;
  isCancelled: boolean;
};

/**
 * A pool of connections that obeys the deadline of the request that asks it (`withDeadline`). When that passes, the
 * statement that runs is cancelled in PostgreSQL, nothing but the end of its transaction is begun any more, and waiting
 * for a connection ends. A connection whose statement was cancelled is thrown away: the cancellation may come late and
 * would meet somebody else's statement. A COMMIT that is under way is left to finish. Without a deadline it is pg's own pool.
 * @throws DomainError DEADLINE_EXCEEDED, from what was cancelled or refused
 */
export function createDatabasePool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  const loans = new WeakMap<pg.ClientBase, Loan>();
  const connect = pool.connect.bind(pool) as (callback: Connected) => void;

  /** Lends a connection until it is released. */
  function lend(client: pg.PoolClient, deadline: Deadline): void {
    const loan: Loan = { deadline, isEnding: false, isCancelled: false };
    loans.set(client, loan);
    const takeBack = deadline.onPassed(() => {
      if (loan.isEnding) return;
      loan.isCancelled = true;
      const isLent = () => loans.get(client) === loan;
      for (const afterMs of cancelAfterMs) {
        setTimeout(() => isLent() && !loan.isEnding && cancelStatement(client), afterMs).unref();
      }
      setTimeout(() => isLent() && void client.end().catch(() => undefined), cancelGraceMs).unref();
    });
    const release = client.release;
    client.release = (error) => {
      takeBack();
      loans.delete(client);
      // Only PostgreSQL's end of the connection surely ends a transaction whose COMMIT was refused here.
      release(error ?? (loan.isCancelled || client.getTransactionStatus() !== 'I'));
    };
  }

  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    const obedient = (...parameters: unknown[]): unknown => {
      const loan = loans.get(client);
      if (!loan) return query(...parameters);
      const text = textOf(parameters[0]);
      if (loan.deadline.hasPassed() && !/^ROLLBACK$/i.test(text)) return refuse(parameters);
      loan.isEnding = /^(COMMIT|ROLLBACK)$/i.test(text);
      return explained(query, parameters, loan);
    };
    client.query = obedient as typeof client.query;
  });

  const connectInTime = (callback?: Connected): Promise<pg.PoolClient> | void => {
    const deadline = currentDeadline();
    const done = Promise.withResolvers<pg.PoolClient>();
    const settle: Connected = callback ?? ((error, client) => (error ? done.reject(error) : done.resolve(client!)));
    if (!deadline) connect(settle);
    else connectBefore(deadline, settle);
    if (!callback) return done.promise;
  };

  function connectBefore(deadline: Deadline, settle: Connected): void {
    let isLate = false;
    const giveUp = () => {
      isLate = true;
      settle(deadlineExceeded(), undefined, () => undefined);
    };
    if (deadline.hasPassed()) return giveUp();
    const takeBack = deadline.onPassed(giveUp);
    connect((error, client, done) => {
      // It waits in pg's queue until its turn comes, and then takes no more than that.
      if (isLate) return done();
      takeBack();
      if (client) lend(client, deadline);
      settle(error, client, client ? (reason) => client.release(reason as Error) : done);
    });
  }

  pool.connect = connectInTime as typeof pool.connect;
  return pool;
}

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

type Answered = (error: Error | null | undefined, ...results: unknown[]) => void;

/** Runs a statement; its failure after the deadline is that of the deadline. */
function explained(query: (...parameters: unknown[]) => unknown, parameters: unknown[], loan: Loan): unknown {
  const explain = (error: unknown) => (loan.isCancelled ? deadlineExceeded(error) : error);
  const callback = parameters.at(-1);
  if (isCallback(callback)) {
    const rest = parameters.slice(0, -1);
    return query(...rest, ((error, ...results) =>
      callback(error && (explain(error) as Error), ...results)) as Answered);
  }
  return (query(...parameters) as Promise<unknown>).catch((error: unknown) => {
    throw explain(error);
  });
}

/** In the manner of pg, whose statements are answered by a callback or by a promise. */
function refuse(parameters: unknown[]): Promise<never> | void {
  const callback = parameters.at(-1);
  if (!isCallback(callback)) return Promise.reject(deadlineExceeded());
  process.nextTick(callback, deadlineExceeded());
}

function isCallback(value: unknown): value is Answered {
  return typeof value === 'function';
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  return (statement as { text?: string } | undefined)?.text ?? '';
}
