import { mayDo, requirePermission, type Caller } from '#shared/caller.ts';
import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import {
  invalidInput,
  notFound,
  orRefusal,
  type IdempotencyKeyReusedError,
  type InputIssue,
  type InvalidInputError,
  type NotFoundError,
} from '#shared/refusal.ts';
import { isSku, type Product } from './domain/product.ts';
import { textIssues, trimmed } from './domain/text-input.ts';
import { idempotentMutation } from './idempotent-mutation.ts';
import { createProductRepository } from './product-repository.ts';
import { insufficientStock, type InsufficientStockError } from './refusals.ts';
import { createStockRepository } from './stock-repository.ts';

export type AdjustStockInput = { idempotencyKey: string; sku: string; quantity: number; reason?: string | null };

export type AdjustStockRefusal = InsufficientStockError | NotFoundError | InvalidInputError | IdempotencyKeyReusedError;

export type StockService = {
  /**
   * Changes how many pieces are on hand. Promised pieces cannot be taken away; safety stock can.
   * @throws DomainError UNAUTHENTICATED or FORBIDDEN
   */
  adjustStock(caller: Caller, input: AdjustStockInput): Promise<Product | AdjustStockRefusal>;
  /** A number of pieces that only those who keep the stock are told; null for everybody else. */
  internal(caller: Caller, pieces: number): number | null;
};

const largestAdjustment = 1_000_000;

/** Keeping the stock. @param options.now epoch milliseconds */
export function createStockService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  now: () => number;
}): StockService {
  const { database } = options;

  async function adjust(transaction: SqlClient, actorId: string, input: AdjustStockInput): Promise<void> {
    const { sku, quantity: pieces } = input;
    const product = await productOf(transaction, sku);
    if (!product) throw notFound('product');
    const stock = createStockRepository(transaction);
    const at = new Date(options.now());
    await stock.open({ sku, onHand: 0, safetyStock: 0, at });
    if (await stock.move({ sku, kind: 'ADJUSTMENT', pieces, actorId, reason: trimmed(input.reason), at })) return;
    if (pieces > 0)
      throw invalidInput({ path: ['input', 'quantity'], message: 'makes more pieces than can be counted' });
    const [level] = await stock.bySkus([sku]);
    throw insufficientStock(level!.onHand - level!.reserved - level!.allocated, -pieces);
  }

  return {
    async adjustStock(caller, input) {
      const user = requirePermission(caller, 'ADJUST_STOCK');
      return orRefusal<Product, AdjustStockRefusal>(async () => {
        const request = { caller: user, mutation: 'adjustStock', input, issues: issuesOf(input) };
        await idempotentMutation(database, request, async (transaction) => {
          await adjust(transaction, user.userId, input);
          return input.sku;
        });
        const product = await productOf(database, input.sku);
        return product!;
      });
    },
    internal: (caller, pieces) => (mayDo(caller, 'ADJUST_STOCK') ? pieces : null),
  };
}

function issuesOf({ quantity, reason }: AdjustStockInput): InputIssue[] {
  const issues: InputIssue[] = textIssues('reason', reason, { max: 500 });
  if (quantity === 0 || Math.abs(quantity) > largestAdjustment) {
    issues.push({ path: ['input', 'quantity'], message: `must not be 0, and at most ${largestAdjustment} either way` });
  }
  return issues;
}

async function productOf(database: SqlClient, sku: string): Promise<Product | undefined> {
  if (!isSku(sku)) return undefined;
  const [product] = await createProductRepository(database).bySkus([sku], { unlisted: true });
  return product;
}
