import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decimal } from '#shared/decimal.ts';
import { aPushSubscription } from '#shared/testing/builders.ts';
import { eventually } from '#shared/testing/eventually.ts';
import {
  CreditWalletDocument,
  MyOrdersDocument,
  PayOrderDocument,
  PlaceOrderDocument,
  RequestQuoteDocument,
} from '../generated/operations.ts';
import { registerCustomer, signInAs, type SignedIn } from './callers.ts';
import { startGoldSystem, type GoldSystem } from './gold-system.ts';

let system: GoldSystem;
beforeAll(async () => {
  system = await startGoldSystem();
});
afterAll(() => system.close());

type InboxEvent = { inboxChanged: { sequence: string; unreadCount: number; notification: { title: string } | null } };
type Recorded = { recordedMessages: { nodes: { channel: string; recipient: { id: string } }[] } };

describe('register, credit, quote, order, pay: the customer is told of each step once, on every channel', () => {
  test.each([
    ['', async () => {}],
    [', also when Redis is flushed between all of them', () => system.redis.flush()],
  ])(
    '%s',
    async (_name, between) => {
      const customer = await registerCustomer(system);
      const operator = await signInAs(system, 'OPERATOR');
      await registerPush(customer);
      const inbox = customer.subscribe<InboxEvent>(
        'subscription { inboxChanged { sequence unreadCount notification { title } } }',
      );
      expect((await inbox.next()).data!.inboxChanged).toMatchObject({ unreadCount: 0, notification: null });
      await between();

      const credit = { userId: customer.userId, amount: '100000', currency: 'USD', reference: 'bank transfer' };
      const credited = await operator.request(CreditWalletDocument, {
        input: { idempotencyKey: randomUUID(), ...credit },
      });
      expect(credited.data?.creditWallet).toMatchObject({ __typename: 'Wallet' });
      await between();

      const wanted = { sku: 'BAR-1OZ', side: 'BUY' as const, quantity: 2, currency: 'USD' };
      const quoted = await customer.request(RequestQuoteDocument, {
        input: { idempotencyKey: randomUUID(), ...wanted },
      });
      const quote = quoted.data!.requestQuote;
      if (quote.__typename !== 'Quote') throw new Error(JSON.stringify(quoted));
      await between();

      const orderInput = { idempotencyKey: randomUUID(), quoteToken: quote.token };
      const placed = await customer.request(PlaceOrderDocument, { input: orderInput });
      const order = placed.data!.placeOrder;
      if (order.__typename !== 'Order') throw new Error(JSON.stringify(placed));
      expect(order).toMatchObject({ status: 'PENDING_PAYMENT', total: quote.price.total });
      await between();

      const paid = await customer.request(PayOrderDocument, {
        input: { idempotencyKey: randomUUID(), orderId: order.id },
      });
      expect(paid.data!.payOrder).toMatchObject({ __typename: 'Order', status: 'PAID' });
      await between();

      const live = (await inbox.take(2)).map(({ data }) => data!.inboxChanged);
      expect(live.map(({ unreadCount }) => unreadCount)).toEqual([1, 2]);
      expect(live.every(({ notification }) => notification?.title.includes(order.number))).toBe(true);
      await eventually(async () => expect(await system.mail.mailsTo(customer.email)).toHaveLength(2));
      const recorded = async () => {
        const query = '{ recordedMessages(first: 100) { nodes { channel recipient { id } } } }';
        const { nodes } = (await operator.request<Recorded>(query)).data!.recordedMessages;
        return nodes.filter(({ recipient }) => recipient.id === customer.userId);
      };
      await eventually(async () => expect(await recorded()).toHaveLength(4));
      // Whatever was sent twice would be there once every event is known to be handled.
      await system.untilEverythingIsHandled();
      expect((await system.mail.mailsTo(customer.email)).map(({ subject }) => subject.includes(order.number))).toEqual([
        true,
        true,
      ]);
      expect((await recorded()).map(({ channel }) => channel).toSorted()).toEqual(['PUSH', 'PUSH', 'SMS', 'SMS']);

      const mine = await customer.request(MyOrdersDocument, { first: 10 });
      expect(mine.data!.me!.orders!.nodes).toMatchObject([{ number: order.number, status: 'PAID' }]);
      const left = decimal('100000').minus(order.total.amount).toFixed(2);
      expect(mine.data!.me!.wallet!.balances).toEqual([{ currency: 'USD', available: left, reserved: '0.00' }]);
      await inbox.return();
      await customer.close();
      await operator.close();
    },
    60_000,
  );
});

async function registerPush(customer: SignedIn): Promise<void> {
  const document = `mutation ($input: RegisterPushSubscriptionInput!) { registerPushSubscription(input: $input) { __typename } }`;
  const { data } = await customer.request(document, { input: aPushSubscription() });
  expect(data).toEqual({ registerPushSubscription: { __typename: 'PushSubscription' } });
}
