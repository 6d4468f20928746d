import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kind, parse, type DefinitionNode, type OperationDefinitionNode } from 'graphql';
import { aPushSubscription } from '#shared/testing/builders.ts';
import type { GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createStreamRules } from '../supergraph/stream-rules.ts';
import { registerCustomer, signInAs, type SignedIn } from './callers.ts';
import { startGoldSystem, type GoldSystem } from './gold-system.ts';
import { buyABar, type Purchase } from './purchase.ts';

/** `ok`, or the code of the refusal. What takes away something that others ask for is asked for at last. */
type Outcome = string | { atLast: string };

/** Everything that is served, asked for by nobody, by the customer whose it is, by another customer and by an operator. */
type Row = {
  variables?: (world: World) => Record<string, unknown>;
  nobody: string;
  owner: Outcome;
  other: Outcome;
  operator: Outcome;
};
type World = Purchase & { owner: SignedIn; sessionId: string; notificationId: string; alertId: string };

/** What the gateway refuses by the rules in the schema. */
const notSignedIn = 'UNAUTHORIZED_FIELD_OR_TYPE for UNAUTHENTICATED';
const notAllowed = 'UNAUTHORIZED_FIELD_OR_TYPE for FORBIDDEN';

const ok = { atLast: 'ok' };
const everybody = { nobody: 'ok', owner: 'ok', other: 'ok', operator: 'ok' };
const signedIn = { ...everybody, nobody: notSignedIn };
const operators = { nobody: notSignedIn, owner: notAllowed, other: notAllowed, operator: 'ok' };
const nobodyElse = { nobody: notSignedIn, owner: 'ok', other: 'NOT_FOUND', operator: 'ok' };

const rows: Record<string, Row> = {
  // Prices and products are everybody's.
  Instruments: everybody,
  GoldNow: { ...everybody, variables: () => ({ symbol: 'XAU-USD', unit: 'GRAM' }) },
  Candles: { ...everybody, variables: () => ({ symbol: 'XAU-USD', interval: 'HOUR_1', first: 1 }) },
  PriceAt: { ...everybody, variables: () => ({ symbol: 'XAU-USD', at: '2026-01-01T00:00:00Z' }) },
  LivePrice: { ...everybody, variables: () => ({ symbol: 'XAU-USD' }) },
  ResumedPrice: { ...everybody, variables: () => ({ symbol: 'XAU-USD', after: '1' }) },
  LivePriceWithProducts: { ...everybody, variables: () => ({ symbol: 'XAU-USD' }) },
  LiveCandle: { ...everybody, variables: () => ({ symbol: 'XAU-USD', interval: 'MINUTE_1' }) },
  MarketStatus: { ...everybody, variables: () => ({ symbol: 'XAU-USD' }) },
  Catalogue: { ...everybody, variables: () => ({ first: 1 }) },
  ProductPrice: { ...everybody, variables: () => ({ sku: 'BAR-1OZ', side: 'BUY', quantity: 1 }) },
  LiveProductPrice: { ...everybody, variables: () => ({ sku: 'BAR-1OZ', side: 'BUY', quantity: 1 }) },

  // Accounts.
  Register: {
    ...everybody,
    variables: () => ({ input: { email: `${randomUUID()}@gold.example`, password: 'a password of a customer' } }),
  },
  Login: {
    variables: ({ owner }) => ({ input: { email: owner.email, password: 'not the password' } }),
    nobody: 'INVALID_CREDENTIALS',
    owner: 'INVALID_CREDENTIALS',
    other: 'INVALID_CREDENTIALS',
    operator: 'INVALID_CREDENTIALS',
  },
  RefreshSession: {
    variables: () => ({ input: { refreshToken: 'made up' } }),
    nobody: 'INVALID_REFRESH_TOKEN',
    owner: 'INVALID_REFRESH_TOKEN',
    other: 'INVALID_REFRESH_TOKEN',
    operator: 'INVALID_REFRESH_TOKEN',
  },
  Me: signedIn,
  RevokeSession: { ...signedIn, variables: ({ sessionId }) => ({ id: sessionId }), owner: ok },
  ChangePassword: {
    variables: () => ({ input: { currentPassword: 'not the password', newPassword: 'another long password' } }),
    nobody: notSignedIn,
    owner: 'INVALID_CREDENTIALS',
    other: 'INVALID_CREDENTIALS',
    operator: 'INVALID_CREDENTIALS',
  },
  Logout: { ...signedIn, owner: { atLast: 'UNAUTHENTICATED' }, other: ok, operator: ok },
  Users: { ...operators, variables: () => ({ first: 100 }) },
  SetRoles: {
    variables: ({ owner }) => ({ userId: owner.userId, roles: ['CUSTOMER', 'ADMIN'] }),
    nobody: notSignedIn,
    owner: notAllowed,
    other: notAllowed,
    operator: notAllowed,
  },

  // Quotes and rules.
  RequestQuote: {
    ...signedIn,
    variables: () => ({ input: { idempotencyKey: randomUUID(), sku: 'BAR-1OZ', side: 'BUY', quantity: 1 } }),
  },
  PricingRules: { ...operators, variables: () => ({ first: 1 }) },
  CreatePricingRule: {
    ...operators,
    variables: () => ({
      input: {
        idempotencyKey: randomUUID(),
        code: `TEST-${randomUUID().slice(0, 8).toUpperCase()}`,
        name: 'A rule of the test',
        stage: 'FEE',
        priority: 1,
        effect: { amount: { value: '1', per: 'TOTAL', currency: 'USD' } },
      },
    }),
  },
  ActivatePricingRule: { ...operators, variables: () => ({ id: randomUUID() }), operator: 'NOT_FOUND' },

  // Orders and wallets.
  PlaceOrder: {
    variables: ({ quoteToken }) => ({ input: { idempotencyKey: randomUUID(), quoteToken } }),
    nobody: notSignedIn,
    owner: 'QUOTE_ALREADY_USED',
    other: 'QUOTE_INVALID',
    operator: 'QUOTE_INVALID',
  },
  PayOrder: {
    ...nobodyElse,
    variables: ({ orderId }) => ({ input: { idempotencyKey: randomUUID(), orderId } }),
    owner: 'PAYMENT_NOT_COVERED',
    operator: 'NOT_FOUND',
  },
  CancelOrder: {
    ...nobodyElse,
    variables: ({ orderId }) => ({ input: { idempotencyKey: randomUUID(), orderId } }),
    operator: ok,
    // The operator has cancelled it already.
    owner: { atLast: 'TRANSITION_NOT_POSSIBLE' },
  },
  Order: { ...everybody, nobody: notSignedIn, variables: ({ orderId }) => ({ id: orderId }) },
  MyOrders: { ...signedIn, variables: () => ({ first: 10 }) },
  OrderUpdated: { ...nobodyElse, variables: ({ orderId }) => ({ id: orderId }) },
  CreditWallet: {
    ...operators,
    variables: () => ({
      input: { idempotencyKey: randomUUID(), userId: randomUUID(), amount: '1', currency: 'USD', reference: 'test' },
    }),
  },
  AdjustStock: {
    ...operators,
    variables: () => ({ input: { idempotencyKey: randomUUID(), sku: 'BAR-1OZ', quantity: 1, reason: 'test' } }),
  },
  AdvanceOrder: {
    ...operators,
    variables: ({ orderId }) => ({ input: { idempotencyKey: randomUUID(), orderId, to: 'COMPLETED' } }),
    operator: 'TRANSITION_NOT_POSSIBLE',
  },
  AllOrders: { ...operators, variables: () => ({ first: 10 }) },

  // Alerts and messages.
  CreatePriceAlert: {
    ...signedIn,
    variables: () => ({
      input: {
        idempotencyKey: randomUUID(),
        symbol: 'XAU-USD',
        condition: 'CROSS_ABOVE',
        threshold: '9999',
        repeat: 'ONCE',
      },
    }),
  },
  DeletePriceAlert: { ...signedIn, variables: ({ alertId }) => ({ id: alertId }), owner: ok },
  MyAlerts: { ...signedIn, variables: () => ({ first: 10 }) },
  Inbox: { ...signedIn, variables: () => ({ first: 10 }) },
  InboxChanged: signedIn,
  MarkRead: { ...signedIn, variables: ({ notificationId }) => ({ id: notificationId }), owner: ok },
  MarkAllRead: { ...signedIn, owner: ok },
  Preferences: signedIn,
  SetPreference: {
    ...signedIn,
    variables: () => ({ input: { category: 'ORDER', channel: 'SMS', enabled: false } }),
    owner: ok,
  },
  SetQuietHours: {
    ...signedIn,
    variables: () => ({ input: { timeZone: 'Europe/Berlin', from: '22:00', to: '07:00', behaviour: 'DEFER' } }),
    owner: ok,
  },
  RegisterPush: {
    ...signedIn,
    variables: () => ({ input: aPushSubscription() }),
  },
  DeadLetters: { ...operators, variables: () => ({ first: 10 }) },
  ReplayDeadLetter: { ...operators, variables: () => ({ id: randomUUID() }) },
};

const operations = new Map(
  readdirSync(new URL('../contract/served/', import.meta.url))
    .flatMap((file) => definitionsIn(readFileSync(new URL(`../contract/served/${file}`, import.meta.url), 'utf8')))
    .map((definition) => [definition.name!.value, definition]),
);

let system: GoldSystem;
let world: World;
let callers: Record<'nobody' | 'owner' | 'other' | 'operator', GraphqlClient>;
beforeAll(async () => {
  system = await startGoldSystem();
  const [owner, other, operator] = [
    await registerCustomer(system),
    await registerCustomer(system),
    await signInAs(system, 'OPERATOR'),
  ];
  callers = { nobody: system.client, owner, other, operator };
  world = { owner, ...(await whatIsTheOwners(system, owner)) };
});
afterAll(async () => {
  await Promise.all(Object.values(callers).map((caller) => caller.close()));
  await system.close();
});

test('every operation that is served has its row here', () => {
  expect([...operations.keys()].toSorted()).toEqual(Object.keys(rows).toSorted());
});

test('streams and caches share what is answered to everybody, and nothing else', () => {
  const rules = createStreamRules(readFileSync(new URL('../supergraph.graphql', import.meta.url), 'utf8'));
  const shared = [...operations.values()].filter(
    (operation) => !rules.isPersonal({ kind: Kind.DOCUMENT, definitions: [operation] }, operation),
  );
  const everybodys = Object.entries(rows).filter(
    ([name, { nobody, owner, other, operator }]) =>
      operations.get(name)!.operation !== 'mutation' &&
      [nobody, owner, other, operator].every((outcome) => outcome === 'ok'),
  );
  expect(shared.map(({ name }) => name!.value).toSorted()).toEqual(everybodys.map(([name]) => name).toSorted());
});

describe.each(['nobody', 'other', 'operator', 'owner'] as const)('%s', (caller) => {
  const now = Object.entries(rows).filter(([, row]) => typeof row[caller] === 'string');
  test.each(now)('asks for %s and gets what is theirs to have', async (name, row) => {
    const isStranger = caller === 'nobody' || caller === 'other';
    const before = isStranger && (await stateOf(callers.owner));
    const result = await ask(callers[caller], operations.get(name)!, row.variables?.(world));
    expect(outcomeOf(result)).toBe(row[caller]);
    if (!isStranger) return;
    const text = JSON.stringify(result);
    for (const secret of [world.owner.email, world.orderNumber, world.sessionId, world.notificationId, world.alertId])
      expect(text).not.toContain(secret);
    expect(await stateOf(callers.owner)).toEqual(before);
  });
});

test('a customer cannot reach another through a reference of their own', async () => {
  const { userId } = world.owner;
  const { data } = await callers.other.request(`{ order(id: "${world.orderId}") { customer { email } } }`);
  expect(data).toEqual({ order: null });
  const users = await callers.operator.request<{ orders: { nodes: { customer: Record<string, unknown> }[] } }>(
    `{ orders(first: 100) { nodes { customer { id email inbox(first: 1) { unreadCount } priceAlerts(first: 1) { nodes { id } } } } } }`,
  );
  const found = users.data!.orders.nodes.find(({ customer }) => customer.id === userId);
  expect(found!.customer).toEqual({ id: userId, email: world.owner.email, inbox: null, priceAlerts: null });
});

describe.each(['operator', 'other', 'owner'] as const)('at last %s', (caller) => {
  const isOfSession = (name: string) => ['RevokeSession', 'Logout'].includes(name);
  const last = Object.entries(rows)
    .flatMap(([name, row]) => (typeof row[caller] === 'string' ? [] : [[name, row, row[caller].atLast] as const]))
    .toSorted(([one], [other]) => Number(isOfSession(one)) - Number(isOfSession(other)));
  test.each(last)('asks for %s and gets what is theirs to have', async (name, row, outcome) => {
    const result = await ask(callers[caller], operations.get(name)!, row.variables?.(world));
    expect(outcomeOf(result)).toBe(outcome);
  });
});

/** Everything that somebody could have changed for the owner. */
async function stateOf(owner: GraphqlClient): Promise<unknown> {
  const query = `{ me { email name roles
    sessions { id } orders(first: 10) { nodes { id status version } } wallet { balances { currency available reserved } }
    priceAlerts(first: 10) { nodes { id status } } inbox(first: 10) { unreadCount nodes { id readAt } }
    notificationPreferences { category channel enabled } quietHours { from } } }`;
  const { data, errors } = await owner.request(query);
  expect(errors).toBeUndefined();
  return data;
}

async function whatIsTheOwners(goldSystem: GoldSystem, owner: SignedIn) {
  const alert = await owner.request<{ createPriceAlert: { id: string } }>(
    `mutation { createPriceAlert(input: { idempotencyKey: "alert", symbol: "XAU-USD", condition: CROSS_BELOW, threshold: "1", repeat: ONCE }) { ... on PriceAlert { id } } }`,
  );
  const purchase = await buyABar(owner, { pay: false });
  const inbox = owner.subscribe<{ inboxChanged: { notification: { id: string } | null } }>(
    'subscription { inboxChanged { notification { id } } }',
  );
  const query = '{ me { sessions { id } inbox(first: 1) { nodes { id } } } }';
  type Me = { me: { sessions: { id: string }[]; inbox: { nodes: { id: string }[] } } };
  await inbox.next();
  let me = (await owner.request<Me>(query)).data!.me;
  while (me.inbox.nodes.length === 0) {
    await inbox.next();
    me = (await owner.request<Me>(query)).data!.me;
  }
  await inbox.return();
  expect(goldSystem.url).toBeDefined();
  return {
    ...purchase,
    alertId: alert.data!.createPriceAlert.id,
    sessionId: me.sessions[0]!.id,
    notificationId: me.inbox.nodes[0]!.id,
  };
}

type Result = { data?: unknown; errors?: readonly { extensions?: Record<string, unknown> }[] };

/** The answer, or the first event of a subscription. */
async function ask(
  client: GraphqlClient,
  operation: OperationDefinitionNode,
  variables?: Record<string, unknown>,
): Promise<Result> {
  const document = { kind: Kind.DOCUMENT, definitions: [operation] } as const;
  if (operation.operation !== 'subscription') return (await client.request(document, variables)) as Result;
  const events = client.subscribe(document, variables);
  const result = await events.next().catch((errors: unknown) => ({ errors }));
  await events.return();
  return result as Result;
}

function outcomeOf({ data, errors }: Result): string {
  if (errors?.[0]) {
    const { code, reason } = errors[0].extensions ?? {};
    return `${String(code)}${reason ? ` for ${String(reason)}` : ''}`;
  }
  const [value] = Object.values((data ?? {}) as Record<string, { __typename?: string; code?: string } | null>);
  return value?.__typename?.endsWith('Error') ? String(value.code) : 'ok';
}

function definitionsIn(text: string): OperationDefinitionNode[] {
  const isOperation = (node: DefinitionNode): node is OperationDefinitionNode =>
    node.kind === Kind.OPERATION_DEFINITION;
  return parse(text).definitions.filter(isOperation);
}
