import { moneyToWire } from '#shared/money.ts';
import { scalarResolvers } from '#shared/scalars.ts';
import type { Resolvers } from './generated/resolver-types.ts';

export const resolvers: Resolvers = {
  ...scalarResolvers,
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
  Money: {
    amount: (money) => moneyToWire(money).amount,
  },
};
