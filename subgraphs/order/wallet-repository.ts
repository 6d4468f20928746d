import { decimal, type Decimal } from '#shared/decimal.ts';
import type { SqlClient } from '#shared/database.ts';
import type { WalletBalance, WalletEntry, WalletEntryKind } from './domain/wallet.ts';

/** Money that goes into a balance, or out of it: `amount` is positive either way. */
export type WalletMovement = {
  userId: string;
  currency: string;
  amount: Decimal;
  kind: WalletEntryKind;
  reference: string | null;
  orderId?: string;
  /** The member of staff who makes it. */
  actorId?: string;
  at: Date;
};

export type WalletRepository = {
  /** Every balance of these users, by currency code. */
  balancesOf(userIds: readonly string[]): Promise<WalletBalance[]>;
  /** Adds to a balance, which begins with nothing, and writes the entry. */
  add(movement: WalletMovement): Promise<void>;
  /** Takes from a balance and writes the entry, in one statement that reads nothing first. @returns whether it was covered */
  take(movement: WalletMovement): Promise<boolean>;
  /** The entries of a user, the newest first, behind a position. */
  entries(userId: string, limit: number, behind: string | undefined): Promise<WalletEntry[]>;
};

/** Wallets in PostgreSQL. `database` may be a transaction. */
export function createWalletRepository(database: SqlClient): WalletRepository {
  const move = ({ userId, currency, amount, kind, reference, orderId, actorId, at }: WalletMovement, balance: string) =>
    database.$executeRawUnsafe(
      `WITH balance AS (${balance})
       INSERT INTO wallet_entry (user_id, currency, amount, kind, reference, order_id, actor_id, balance_after, at)
       SELECT $1, $2, $3::numeric, $4, $5, $6::uuid, $7, available, $8::timestamptz FROM balance`,
      userId,
      currency,
      amount.toFixed(),
      kind,
      reference,
      orderId ?? null,
      actorId ?? null,
      at,
    );
  return {
    async balancesOf(userIds) {
      const rows = await database.$queryRawUnsafe<BalanceRow[]>(
        `SELECT user_id AS "userId", currency, available::text, reserved::text FROM wallet_balance
         WHERE user_id = ANY($1::text[]) ORDER BY user_id, currency`,
        userIds,
      );
      return rows.map((row) => ({ ...row, available: decimal(row.available), reserved: decimal(row.reserved) }));
    },
    async add(movement) {
      await move(
        movement,
        `INSERT INTO wallet_balance (user_id, currency, available) VALUES ($1, $2, $3::numeric)
         ON CONFLICT (user_id, currency) DO UPDATE
         SET available = wallet_balance.available + excluded.available, version = wallet_balance.version + 1
         RETURNING available`,
      );
    },
    async take(movement) {
      const taken = await move(
        { ...movement, amount: movement.amount.negated() },
        `UPDATE wallet_balance SET available = available + $3::numeric, version = version + 1
         WHERE user_id = $1 AND currency = $2 AND available + $3::numeric >= 0
         RETURNING available`,
      );
      return taken > 0;
    },
    async entries(userId, limit, behind) {
      const rows = await database.$queryRawUnsafe<EntryRow[]>(
        `SELECT position::text, amount::text, currency, kind, reference, order_id::text AS "orderId",
           balance_after::text AS "balanceAfter", at
         FROM wallet_entry WHERE user_id = $1 AND ($2::bigint IS NULL OR position < $2::bigint)
         ORDER BY wallet_entry.position DESC LIMIT $3`,
        userId,
        behind ?? null,
        limit,
      );
      return rows.map((row) => ({ ...row, amount: decimal(row.amount), balanceAfter: decimal(row.balanceAfter) }));
    },
  };
}

type BalanceRow = Omit<WalletBalance, 'available' | 'reserved'> & { available: string; reserved: string };
type EntryRow = Omit<WalletEntry, 'amount' | 'balanceAfter'> & { amount: string; balanceAfter: string };
