import { decimal } from '#shared/decimal.ts';
import { keepFor } from '#shared/keep-for.ts';
import { moneyToWire } from '#shared/money.ts';
import { scalarResolvers } from '#shared/scalars.ts';
import { openPaymentDueAt } from './domain/order.ts';
import { availableOf, instrumentOf, weightOf } from './domain/product.ts';
import type { Resolvers } from './generated/resolver-types.ts';
import { availableIn } from './wallet-service.ts';

export const resolvers: Resolvers = {
  ...scalarResolvers,
  Query: {
    products: (_root, { first, after, where }, { catalogue }, info) => {
      // By stock the list changes with every order.
      if (typeof where?.inStock === 'boolean') keepFor(info, 0);
      return catalogue.list({ first, after, where });
    },
    product: (_root, { sku }, { products }) => products.load(sku),
    order: (_root, { id }, { orderById }) => orderById.load(id),
    orders: (_root, options, { caller, reading }) => reading.list(caller, options),
  },
  Mutation: {
    placeOrder: (_root, { input }, { caller, placement }) => placement.placeOrder(caller, input),
    payOrder: (_root, { input }, { caller, orders }) => orders.payOrder(caller, input),
    cancelOrder: (_root, { input }, { caller, orders }) => orders.cancelOrder(caller, input),
    advanceOrder: (_root, { input }, { caller, orders }) => orders.advanceOrder(caller, input),
    creditWallet: (_root, { input }, { caller, wallets }) => wallets.creditWallet(caller, input),
    adjustStock: (_root, { input }, { caller, stockKeeping }) => stockKeeping.adjustStock(caller, input),
  },
  Subscription: {
    orderUpdated: {
      subscribe: (_root, which, { caller, feed }) => feed.follow(caller, which),
    },
  },
  Product: {
    __resolveReference: ({ sku }, { products }) => products.load(sku),
    grossWeight: ({ grossGrams, displayUnit }) => weightOf(grossGrams, displayUnit),
    fineWeight: ({ fineGrams, displayUnit }) => weightOf(fineGrams, displayUnit),
    instrument: (product) => instrumentOf(product),
    stock: ({ sku }, _args, { stock }) => stock.load(sku),
  },
  StockLevel: {
    available: (stock) => availableOf(stock),
    onHand: ({ onHand }, _args, { caller, stockKeeping }) => stockKeeping.internal(caller, onHand),
    reserved: ({ reserved }, _args, { caller, stockKeeping }) => stockKeeping.internal(caller, reserved),
    allocated: ({ allocated }, _args, { caller, stockKeeping }) => stockKeeping.internal(caller, allocated),
    safetyStock: ({ safetyStock }, _args, { caller, stockKeeping }) => stockKeeping.internal(caller, safetyStock),
  },
  ProductConnection: {
    totalCount: ({ where }, _args, { catalogue }) => catalogue.count(where),
  },
  Instrument: {
    __resolveReference: ({ symbol, metal }) => ({ symbol, metal }),
    products: ({ metal }, { first, after }, { catalogue }) => catalogue.list({ first, after, where: { metal } }),
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    orders: ({ id }, options, { caller, reading }) => reading.listOf(caller, id, options),
    wallet: ({ id }, _args, { caller, wallets }) => wallets.walletOf(caller, id),
  },
  Order: {
    __resolveReference: ({ id }, { orderById }) => orderById.load(id),
    customer: ({ customerId }) => ({ id: customerId }),
    paymentDueAt: (order) => openPaymentDueAt(order),
    total: ({ total: amount, currency }) => ({ amount, currency }),
    lines: ({ id }, _args, { linesOf }) => linesOf.load(id),
    // What has happened since the order was read is not part of it.
    history: async ({ id, version }, _args, { historyOf }) =>
      (await historyOf.load(id)).filter(({ sequence }) => sequence <= version),
    nextTransitions: (order, _args, { caller, reading, balancesOf }) =>
      reading.nextTransitions(caller, order, {
        available: async () => availableIn(await balancesOf.load(order.customerId), order.currency),
      }),
  },
  OrderLine: {
    product: async ({ sku }, _args, { everyProduct }) => (await everyProduct.load(sku))!,
    unitPrice: ({ unitPrice: amount, currency }) => ({ amount, currency }),
    total: ({ total: amount, currency }) => ({ amount, currency }),
    priceLines: ({ priceLines, currency }) => priceLines.map((line) => ({ ...line, currency })),
  },
  OrderPriceLine: {
    amount: ({ amount, currency }) => ({ amount: decimal(amount), currency }),
  },
  Wallet: {
    balances: ({ userId }, _args, { balancesOf }) => balancesOf.load(userId),
    entries: (wallet, options, { wallets }) => wallets.entries(wallet, options),
  },
  WalletBalance: {
    available: ({ available: amount, currency }) => moneyToWire({ amount, currency }).amount,
    reserved: ({ reserved: amount, currency }) => moneyToWire({ amount, currency }).amount,
  },
  WalletEntry: {
    amount: ({ amount, currency }) => moneyToWire({ amount, currency }).amount,
    balanceAfter: ({ balanceAfter: amount, currency }) => moneyToWire({ amount, currency }).amount,
    order: ({ orderId }, _args, { orderById }) => (orderId === null ? null : orderById.load(orderId)),
  },
  Money: {
    amount: (money) => moneyToWire(money).amount,
  },
  Error: { __resolveType: ({ __typename }) => __typename! },
  PlaceOrderResult: { __resolveType: (result) => ('__typename' in result && result.__typename) || 'Order' },
  PayOrderResult: { __resolveType: (result) => ('__typename' in result && result.__typename) || 'Order' },
  CancelOrderResult: { __resolveType: (result) => ('__typename' in result && result.__typename) || 'Order' },
  AdvanceOrderResult: { __resolveType: (result) => ('__typename' in result && result.__typename) || 'Order' },
  CreditWalletResult: { __resolveType: (result) => ('__typename' in result && result.__typename) || 'Wallet' },
  AdjustStockResult: { __resolveType: (result) => ('__typename' in result && result.__typename) || 'Product' },
};
