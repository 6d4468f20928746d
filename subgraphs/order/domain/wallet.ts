import type { Decimal } from '#shared/decimal.ts';
import { currencyExponent } from '#shared/money.ts';
import { isUuid } from '#shared/uuid.ts';

export type WalletEntryKind = 'CREDIT' | 'PAYMENT' | 'REFUND';

/** What a customer has in one currency. `reserved` is not part of `available`. */
export type WalletBalance = { userId: string; currency: string; available: Decimal; reserved: Decimal };

/** One change of a balance; `amount` is signed. */
export type WalletEntry = {
  position: string;
  amount: Decimal;
  currency: string;
  kind: WalletEntryKind;
  reference: string | null;
  orderId: string | null;
  balanceAfter: Decimal;
  at: Date;
};

/** The most that can be credited at once, in any currency: what is more is a slip. */
const largestCredit = '1000000000000000';

/** What is wrong with a credit, if anything. */
export function creditIssues(credit: { userId: string; amount: Decimal; currency: string }) {
  const issues: { path: string[]; message: string }[] = [];
  if (!isUuid(credit.userId)) {
    issues.push({ path: ['input', 'userId'], message: 'must be a UUID' });
  }
  const exponent = currencyExponent(credit.currency);
  if (!credit.amount.gt(0) || credit.amount.gt(largestCredit)) {
    issues.push({ path: ['input', 'amount'], message: `must be more than 0 and at most ${largestCredit}` });
  } else if (credit.amount.decimalPlaces() > exponent) {
    issues.push({
      path: ['input', 'amount'],
      message: `must have at most ${exponent} digits after the point in ${credit.currency}`,
    });
  }
  return issues;
}
