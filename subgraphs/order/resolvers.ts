import { scalarResolvers } from '#shared/scalars.ts';
import { availableOf, instrumentOf, weightOf } from './domain/product.ts';
import type { Resolvers } from './generated/resolver-types.ts';

export const resolvers: Resolvers = {
  ...scalarResolvers,
  Query: {
    products: (_root, { first, after, where }, { catalogue }) => catalogue.list({ first, after, where }),
    product: (_root, { sku }, { products }) => products.load(sku),
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
  },
  ProductConnection: {
    totalCount: ({ where }, _args, { catalogue }) => catalogue.count(where),
  },
  Instrument: {
    __resolveReference: ({ symbol, metal }) => ({ symbol, metal }),
    products: ({ metal }, { first, after }, { catalogue }) => catalogue.list({ first, after, where: { metal } }),
  },
};
