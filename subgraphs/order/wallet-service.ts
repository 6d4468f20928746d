import { requireOwner, requirePermission, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import { decimal, type Decimal } from '#shared/decimal.ts';
import { badInput } from '#shared/errors.ts';
import { decodeCursor, pageSize, toPage, type Page } from '#shared/pagination.ts';
import { orRefusal, type IdempotencyKeyReusedError, type InvalidInputError } from '#shared/refusal.ts';
import { textIssues, trimmed } from './domain/text-input.ts';
import { creditIssues, type WalletBalance, type WalletEntry } from './domain/wallet.ts';
import { idempotentMutation } from './idempotent-mutation.ts';
import { createWalletRepository } from './wallet-repository.ts';

/** A wallet is known by whose it is. */
export type Wallet = { userId: string };

export type CreditWalletInput = {
  idempotencyKey: string;
  userId: string;
  amount: Decimal;
  currency: string;
  reference?: string | null;
};

export type CreditWalletRefusal = InvalidInputError | IdempotencyKeyReusedError;

export type WalletService = {
  /** A user's wallet, for the user and for staff. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
  walletOf(caller: Caller, userId: string): Wallet;
  /** The balances of these users' wallets, user by user, in the order of the currency codes. */
  balancesOf(userIds: readonly string[]): Promise<WalletBalance[][]>;
  /** What changed a wallet, the newest first. @throws DomainError BAD_USER_INPUT */
  entries(wallet: Wallet, options: { first: number; after?: string | null }): Promise<Page<WalletEntry>>;
  /** Puts money into a wallet. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
  creditWallet(caller: Caller, input: CreditWalletInput): Promise<Wallet | CreditWalletRefusal>;
};

/** Customers' money. @param options.now epoch milliseconds */
export function createWalletService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  now: () => number;
}): WalletService {
  const { database } = options;
  const wallets = createWalletRepository(database);
  return {
    walletOf(caller, userId) {
      requireOwner(caller, userId, 'READ_ALL_ORDERS');
      return { userId };
    },
    async balancesOf(userIds) {
      const balances = Map.groupBy(await wallets.balancesOf(userIds), ({ userId }) => userId);
      return userIds.map((userId) => balances.get(userId) ?? []);
    },
    async entries({ userId }, { first, after }) {
      const size = pageSize(first);
      const behind = typeof after === 'string' ? readPlace(after) : undefined;
      return toPage(await wallets.entries(userId, size + 1, behind), size, ({ position }) => ['wallet', position]);
    },
    async creditWallet(caller, input) {
      const user = requirePermission(caller, 'CREDIT_WALLETS');
      return orRefusal<Wallet, CreditWalletRefusal>(async () => {
        const issues = [...creditIssues(input), ...textIssues('reference', input.reference, { max: 200 })];
        // A user's id is written in one way only, however it was typed.
        const { amount, currency } = input;
        const userId = input.userId.toLowerCase();
        const reference = trimmed(input.reference);
        const request = { caller: user, mutation: 'creditWallet', input, issues };
        return idempotentMutation(database, request, async (transaction) => {
          const at = new Date(options.now());
          const credit = { userId, amount, currency, kind: 'CREDIT' as const, reference, actorId: user.userId, at };
          await createWalletRepository(transaction).add(credit);
          return { userId };
        });
      });
    },
  };
}

/** What can be spent in a currency; nothing where there never was any. */
export function availableIn(balances: readonly WalletBalance[], currency: string): Decimal {
  return balances.find((balance) => balance.currency === currency)?.available ?? decimal(0);
}

/** Entries are told apart by their position in the ledger. */
function readPlace(cursor: string): string {
  const [list, position] = decodeCursor(cursor, 2) as [string, string];
  if (list === 'wallet' && /^\d{1,18}$/.test(position)) return position;
  throw badInput('after is not a cursor of this list: pass pageInfo.endCursor as it came');
}
