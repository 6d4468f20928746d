import { randomUUID } from 'node:crypto';
import type { Person } from './order-fixture.ts';

type Money = { amount: string; currency: string };

/** What the requests below select of an order, or of a refusal. */
export type Result = {
  __typename: string;
  id: string;
  number: string;
  status: string;
  clientOrderId: string | null;
  paymentDueAt: string | null;
  paidAt: string | null;
  version: number;
  total: Money;
  history: {
    sequence: number;
    from: string | null;
    to: string;
    actor: string;
    actorId: string | null;
    reason: string | null;
    at: string;
  }[];
  nextTransitions: { to: string; allowed: boolean; blockedBy: { code: string; message: string } | null }[];
  code: string;
  message: string;
  retryable: boolean;
  orderId: string;
  available: number;
  requested: number;
  quoteId: string;
  missing: Money;
  issues: { path: string[]; message: string }[];
};

export const orderFields = /* GraphQL */ `
  id
  number
  status
  clientOrderId
  paymentDueAt
  paidAt
  version
  total {
    amount
    currency
  }
  history {
    sequence
    from
    to
    actor
    actorId
    reason
    at
  }
  nextTransitions {
    to
    allowed
    blockedBy {
      code
      message
    }
  }
`;

const stateFields = '... on OrderStateError { from to }';
/** What each mutation selects beside what every refusal has. */
const selections = {
  placeOrder: `... on Order { ${orderFields} } ... on QuoteExpiredError { quoteId expiredAt }
    ... on QuoteAlreadyUsedError { orderId } ... on ClientOrderIdUsedError { orderId }
    ... on InsufficientStockError { available requested } ... on SideNotSupportedError { side }`,
  payOrder: `... on Order { ${orderFields} } ... on PaymentNotCoveredError { missing { amount currency } } ${stateFields}`,
  cancelOrder: `... on Order { ${orderFields} } ${stateFields}`,
  advanceOrder: `... on Order { ${orderFields} } ${stateFields}`,
  creditWallet: `... on Wallet { balances { currency available reserved } }`,
  adjustStock: `... on Product { sku stock { onHand reserved allocated safetyStock available } }
    ... on InsufficientStockError { available requested }`,
};

type Mutation = keyof typeof selections;

/** Sends a mutation with an idempotency key of its own unless the input has one; the whole answer, errors included. */
export async function send(person: Pick<Person, 'client'>, mutation: Mutation, input: Record<string, unknown>) {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input!`;
  const document = `mutation ($input: ${type}) { ${mutation}(input: $input) { __typename ${selections[mutation]}
    ... on Error { code message retryable } ... on InvalidInputError { issues { path message } } } }`;
  return person.client.request<Record<string, Result>>(document, { input: { idempotencyKey: randomUUID(), ...input } });
}

/** Sends a mutation and returns its result, or a refusal's; fails on any other error. */
export async function ask(
  person: Pick<Person, 'client'>,
  mutation: Mutation,
  input: Record<string, unknown>,
): Promise<Result> {
  const { data, errors } = await send(person, mutation, input);
  if (errors) throw new Error(JSON.stringify(errors));
  return data![mutation]!;
}
