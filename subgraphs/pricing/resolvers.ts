import { moneyToWire } from '#shared/money.ts';
import { scalarResolvers } from '#shared/scalars.ts';
import type { Resolvers } from './generated/resolver-types.ts';
import { conditionsOf, conditionsTextOf, effectOf } from './rule-view.ts';

export const resolvers: Resolvers = {
  ...scalarResolvers,
  Query: {
    quote: (_root, { id }, { quoteById }) => quoteById.load(id),
    pricingRules: (_root, args, { rules, caller }) => rules.list(caller, args),
  },
  Mutation: {
    requestQuote: (_root, { input }, { quotes, caller }) => quotes.request(caller, input),
    createPricingRule: (_root, { input }, { rules, caller }) => rules.create(caller, input),
    activatePricingRule: (_root, { id }, { rules, caller }) => rules.activate(caller, id),
    retirePricingRule: (_root, { id }, { rules, caller }) => rules.retire(caller, id),
    setCustomerGroup: (_root, { input }, { customers, caller }) => customers.setGroup(caller, input),
  },
  Subscription: {
    productPriceUpdated: {
      subscribe: (_root, args, { pricing }) => pricing.prices(args),
    },
  },
  Product: {
    __resolveReference: ({ sku }) => ({ sku }),
    price: ({ sku }, { side, quantity, currency }, context) =>
      context.pricing.priceAt(context.moments.of(context), { sku, side, quantity, currency }),
  },
  ProductPrice: {
    product: ({ sku }) => ({ sku }),
    instrument: ({ symbol }) => ({ symbol }),
    premiumPercent: ({ premiumPercent }) => premiumPercent.toFixed(4),
  },
  Quote: {
    __resolveReference: ({ id }, { quoteById }) => quoteById.load(id),
    side: ({ price }) => price.side,
    quantity: ({ price }) => price.quantity,
    customer: ({ customerId }) => ({ id: customerId }),
    product: ({ price }) => ({ sku: price.sku }),
    status: (quote, _args, { quotes }) => quotes.statusOf(quote),
    ttl: ({ createdAt, expiresAt }) => (expiresAt - createdAt) / 1000,
  },
  QuoteExpiredError: {
    __resolveReference: ({ quoteId }) => ({ quoteId }),
    replacement: ({ quoteId }, _args, { quotes, caller }) => quotes.replacementOf(caller, quoteId),
  },
  Order: {
    __resolveReference: (order) => order,
    currentValue: (order, _args, context) => context.pricing.orderValueAt(context.moments.of(context), order),
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    customerGroup: ({ id }, _args, { groupOf }) => groupOf.load(id),
  },
  PricingRule: {
    conditions: (rule) => conditionsOf(rule),
    conditionsText: (rule) => conditionsTextOf(rule),
    effect: (rule) => effectOf(rule),
    createdBy: ({ createdBy }) => userOf(createdBy),
    activatedBy: ({ activatedBy }) => userOf(activatedBy),
    retiredBy: ({ retiredBy }) => userOf(retiredBy),
  },
  Money: {
    amount: (money) => moneyToWire(money).amount,
  },
};

function userOf(id: string | null) {
  return id === null ? null : { id };
}
