import { requireOwner, requirePermission, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { badInput } from '#shared/errors.ts';
import { idempotent } from '#shared/idempotency.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import {
  invalidInput,
  orRefusal,
  Refusal,
  type IdempotencyKeyReusedError,
  type InputIssue,
  type InvalidInputError,
} from '#shared/refusal.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { isUuid } from '#shared/uuid.ts';
import { alertLevelsOf, alertPriceOf, isMetAt } from './domain/alert-levels.ts';
import { completed, isSymbol, problemsOf, type PriceAlert, type PriceAlertInput } from './domain/price-alert.ts';
import { priceUnavailable, type LatestPrices } from './price-alert-prices.ts';
import { createPriceAlertRepository } from './price-alert-repository.ts';

export type AlertLimitError = {
  __typename: 'AlertLimitError';
  code: 'ALERT_LIMIT';
  message: string;
  retryable: false;
  limit: number;
};

type Refused = InvalidInputError | IdempotencyKeyReusedError | AlertLimitError;
export type CreatePriceAlertResult = (PriceAlert & { __typename: 'PriceAlert' }) | Refused;

export type PriceAlertService = {
  /**
   * Creates an alert of the caller's, at the latest tick: ticks behind that one count.
   * @throws DomainError UNAUTHENTICATED, FORBIDDEN, or PRICE_UNAVAILABLE (retryable) while the latest tick is not known
   */
  create(caller: Caller, input: PriceAlertInput & { idempotencyKey: string }): Promise<CreatePriceAlertResult>;
  /** Deletes an alert of the caller's. @returns false where there is none @throws DomainError UNAUTHENTICATED, FORBIDDEN */
  delete(caller: Caller, id: string): Promise<boolean>;
  /**
   * A page of a user's alerts, the newest first, for nobody but that user.
   * @throws DomainError UNAUTHENTICATED, FORBIDDEN, or BAD_USER_INPUT for a wrong page
   */
  list(caller: Caller, userId: string, page: { first: number; after?: string | null }): Promise<Page<PriceAlert>>;
};

/**
 * @param options.limit active alerts that one user may have
 * @param options.now epoch milliseconds
 */
export function createPriceAlertService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  prices: LatestPrices;
  limit: number;
  now: () => number;
}): PriceAlertService {
  const { database, prices, limit, now } = options;
  const alerts = createPriceAlertRepository(database);

  /** What the price is, to be asked inside a transaction, which must not wait for Redis. */
  async function priceOf(symbol: string): Promise<() => Tick | undefined> {
    if (!isSymbol(symbol)) return () => undefined;
    try {
      const tick = await prices.latest(symbol);
      return () => tick;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  async function add(
    transaction: Transaction,
    userId: string,
    input: PriceAlertInput,
    price: () => Tick | undefined,
  ): Promise<string> {
    const repository = createPriceAlertRepository(transaction);
    const alert = completed(input);
    refuse(problemsOf(alert, now()));
    const tick = price();
    if (!tick) {
      // A stream that is empty where there were prices before is being filled again.
      if (await repository.knowsSymbol(alert.symbol)) throw priceUnavailable(alert.symbol);
      throw invalidInput({ path: ['input', 'symbol'], message: `there are no prices of ${alert.symbol}` });
    }
    await repository.lockUser(userId);
    if ((await repository.countActive(userId)) >= limit) throw tooManyAlerts(limit);
    const alreadyMet = isMetAt(alert.condition, alertLevelsOf(alert, 0), alertPriceOf(tick));
    return repository.add(userId, alert, { sequence: tick.sequence, alreadyMet, now: new Date(now()) });
  }

  return {
    create: (caller, { idempotencyKey, ...input }) =>
      orRefusal<CreatePriceAlertResult, Refused>(async () => {
        const { userId } = requirePermission(caller, 'MANAGE_ALERTS');
        const price = await priceOf(input.symbol);
        const request = { scope: `${userId}:createPriceAlert`, key: idempotencyKey, body: completed(input) };
        const id = await database.$transaction((transaction) =>
          idempotent(transaction, request, () => add(transaction, userId, input, price)),
        );
        return { __typename: 'PriceAlert', ...(await alerts.find(id))! };
      }),
    async delete(caller, id) {
      const { userId } = requirePermission(caller, 'MANAGE_ALERTS');
      return (
        isUuid(id) && database.$transaction((transaction) => createPriceAlertRepository(transaction).remove(userId, id))
      );
    },
    async list(caller, userId, { first, after }) {
      requireOwner(caller, userId);
      const size = pageSize(first);
      const behind = typeof after === 'string' ? decodeCursor(after, 1)[0]! : undefined;
      if (behind !== undefined && !isUuid(behind)) throw badInput('after is not a cursor of this list');
      const rows = await alerts.list(userId, size + 1, behind);
      return toPage(rows, size, ({ id }) => [id]);
    },
  };
}

function refuse(problems: ReturnType<typeof problemsOf>): void {
  const [first, ...more] = problems.map(({ field, message }): InputIssue => ({ path: ['input', field], message }));
  if (first) throw invalidInput(first, ...more);
}

function tooManyAlerts(limit: number): Refusal<AlertLimitError> {
  return new Refusal({
    __typename: 'AlertLimitError',
    code: 'ALERT_LIMIT',
    message: `You have ${limit} active alerts, and may not have more: delete one first`,
    retryable: false,
    limit,
  });
}
