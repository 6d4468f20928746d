import { EventEmitter, on } from 'node:events';
import { buildSchema, type GraphQLSchema } from 'graphql';

/** `publish` sends a tick to every subscriber; a new subscriber gets tick 1 first. */
export interface GoldGraph {
  schema: GraphQLSchema;
  rootValue: unknown;
  publish(sequence: number): void;
}

/** A graph in one process with the fields that the preset operations ask for, and constant answers. */
export function createGoldGraph(): GoldGraph {
  const ticks = new EventEmitter();
  const publish = (sequence: number) => void ticks.emit('tick', { ...price, sequence });

  const schema = buildSchema(typeDefs);
  const priceUpdated = schema.getSubscriptionType()?.getFields()['priceUpdated'];
  if (!priceUpdated) throw new Error('the test schema lost its subscription');
  priceUpdated.subscribe = () => {
    const events = on(ticks, 'tick');
    publish(1);
    return events;
  };
  priceUpdated.resolve = ([tick]) => tick;

  return { schema, rootValue: { instrument: () => ({ ...instrument, price }) }, publish };
}

const typeDefs = `
  type Query { instrument(symbol: String!): Instrument }
  type Subscription { priceUpdated(symbol: String!): Price }
  "A traded instrument, such as spot gold in dollars."
  type Instrument { symbol: String! price: Price products(first: Int): ProductConnection }
  type Price {
    sequence: Int! bid: String! ask: String! mid: String! time: String! isStale: Boolean! instrument: Instrument
    convert(unit: Unit!, fineness: String!): Price
  }
  type ProductConnection { nodes: [Product!]! }
  type Product { sku: String! name: String! stock: Stock price(side: Side!, quantity: Int!): ProductPrice }
  type Stock { available: Int! }
  type ProductPrice { total: Money! }
  type Money { amount: String! currency: String! }
  enum Unit { GRAM }
  enum Side { BUY }
`;

const product = {
  sku: 'BAR-1G',
  name: 'Gold bar 1 g',
  stock: { available: 12 },
  price: { total: { amount: '139.20', currency: 'USD' } },
};
const instrument = { symbol: 'XAU-USD', products: { nodes: [product] } };
const gram = { sequence: 1, bid: '98.31', ask: '98.36', mid: '98.335', time: '2026-11-20T10:00:00Z', isStale: false };
const price = { ...gram, bid: '4077.10', ask: '4079.30', mid: '4078.20', convert: gram, instrument };
