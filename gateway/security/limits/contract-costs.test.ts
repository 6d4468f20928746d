import { readdirSync, readFileSync } from 'node:fs';
import { Kind, parse, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { describe, expect, test } from '@jest/globals';
import { settings } from '../../config.ts';
import { firstOperations } from '../../pages/first-operations.ts';
import { createCostRules } from './operation-cost.ts';

const gateway = new URL('../../', import.meta.url);
const rules = createCostRules(parse(readFileSync(new URL('supergraph.graphql', gateway), 'utf8')));
const limit = settings.MAX_COST.parse(undefined);

const served = new URL('contract/served/', gateway);
const definitions = readdirSync(served).flatMap(
  (file) => parse(readFileSync(new URL(file, served), 'utf8')).definitions,
);
const operations = definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode[];

/** The variables that have a part in what an operation costs. */
function costOf(operation: OperationDefinitionNode, variables: Record<string, unknown>): number {
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation] };
  const { errors, costOf: withVariables } = rules.of(document, operation);
  expect(errors).toEqual([]);
  return withVariables(variables);
}

const costOfText = (text: string, variables = {}) =>
  costOf(parse(text).definitions[0] as OperationDefinitionNode, variables);

describe('the operations that clients send', () => {
  const page = { first: 20, input: {}, where: {} };
  const largestPage = { ...page, first: 100 };

  test('cost this much, with twenty on a page: a change is a change of the interface', () => {
    const costs = Object.fromEntries(operations.map((operation) => [operation.name!.value, costOf(operation, page)]));
    expect(costs).toMatchInlineSnapshot(`
     {
       "ActivatePricingRule": 11,
       "AdjustStock": 13,
       "AdvanceOrder": 12,
       "AllOrders": 63,
       "CancelOrder": 12,
       "Candles": 23,
       "Catalogue": 148,
       "ChangePassword": 111,
       "CreatePriceAlert": 13,
       "CreatePricingRule": 12,
       "CreditWallet": 17,
       "DeadLetters": 42,
       "DeletePriceAlert": 10,
       "GoldNow": 9,
       "Inbox": 103,
       "InboxChanged": 2,
       "Instruments": 30,
       "LiveCandle": 1,
       "LivePrice": 2,
       "LivePriceWithProducts": 28,
       "LiveProductPrice": 5,
       "Login": 512,
       "Logout": 10,
       "MarkAllRead": 10,
       "MarkRead": 11,
       "MarketStatus": 1,
       "Me": 6,
       "MyAlerts": 23,
       "MyOrders": 55,
       "Order": 47,
       "OrderUpdated": 11,
       "PayOrder": 12,
       "PlaceOrder": 54,
       "Preferences": 26,
       "PriceAt": 6,
       "PricingRules": 22,
       "ProductPrice": 23,
       "RefreshSession": 12,
       "Register": 512,
       "RegisterPush": 12,
       "ReplayDeadLetter": 11,
       "RequestQuote": 40,
       "ResumedPrice": 1,
       "RevokeSession": 10,
       "SetPreference": 12,
       "SetQuietHours": 12,
       "SetRoles": 11,
       "Users": 22,
     }
    `);
  });

  test('are served with room to spare, also with the largest pages', () => {
    for (const operation of operations) expect(costOf(operation, largestPage)).toBeLessThanOrEqual(limit / 2);
    for (const { document } of firstOperations) expect(costOfText(document)).toBeLessThanOrEqual(limit / 2);
  });

  test('include a chart of a thousand candles', () => {
    const candles = operations.find(({ name }) => name!.value === 'Candles')!;
    expect(costOf(candles, { first: 1_000 })).toBeLessThanOrEqual(limit);
  });
});

describe('lists within lists', () => {
  test.each([
    ['{ users(first: 100) { nodes { orders(first: 100) { nodes { id } } } } }'],
    [
      '{ me { orders(first: 100) { nodes { lines { product { price(side: BUY, quantity: 1) { lines { label } } } } } } } }',
    ],
    ['{ instruments { products(first: 100) { nodes { price(side: BUY, quantity: 1) { total { amount } } } } } }'],
    ['{ instruments { candles(interval: MINUTE_1, first: 1000) { nodes { open } } } }'],
    ['{ orders(first: 100) { nodes { history { at } lines { unitPrice { amount } } nextTransitions { to } } } }'],
  ])('cost too much: %s', (text) => {
    expect(costOfText(text)).toBeGreaterThan(limit);
  });
});
