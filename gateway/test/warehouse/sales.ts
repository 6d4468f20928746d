import { abortable, mapIterator } from '#shared/async-iteration.ts';
import { requireUser } from '#shared/caller.ts';
import { DomainError } from '#shared/errors.ts';
import type { RequestContext } from '#shared/request-context.ts';
import { createFeed, type Feed, type Numbered } from './feed.ts';

/**
 * Owns the subscriptions, one of each kind: `itemSold` keeps every event, `stockPriced` is conflatable by the item, and
 * `myInbox` is another for each caller.
 */
export const salesSdl = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
    @link(url: "https://specs.gold-supergraph.example/streams/v1.0", import: ["@conflatable", "@personal"])
    @composeDirective(name: "@conflatable")
    @composeDirective(name: "@personal")
  directive @conflatable on FIELD_DEFINITION
  directive @personal on FIELD_DEFINITION | OBJECT
  type Query { latest: Int! item(sku: ID!): Item }
  type Mutation { setLatest(value: Int!): Int! }
  type Subscription {
    itemSold(sku: ID = "A", after: String): Sale!
    stockPriced(sku: ID, after: String): StockPrice! @conflatable
    myInbox(after: String): InboxEntry! @personal
    clockTicked: Int!
  }
  interface Thing { sku: ID! }
  type Sale {
    sequence: Int!
    item: Item
    thing: Thing!
    note(upper: Boolean = false): String!
    broken: String
  }
  type StockPrice {
    sequence: Int!
    sku: ID!
    price: Int!
    currency: String!
    ask(margin: Int = 1): Int!
    discount: Int @personal
    item: Item
  }
  type InboxEntry @personal {
    sequence: Int!
    owner: ID!
    text: String!
    item: Item
  }
  type Item implements Thing @key(fields: "sku") { sku: ID! weight: Int! }
`;

type Sale = { sku: string };
type StockPrice = { sku: string; price: number };
type InboxEntry = { owner: string; text: string; sku: string };

export type Sales = ReturnType<typeof createSales>;

export function createSales() {
  const sold = createFeed<Sale>();
  const priced = createFeed<StockPrice>();
  const inboxes = new Map<string, Feed<InboxEntry>>();
  let latest = 0;

  function inboxOf(owner: string): Feed<InboxEntry> {
    const inbox = inboxes.get(owner) ?? createFeed<InboxEntry>();
    inboxes.set(owner, inbox);
    return inbox;
  }

  const itemOf = ({ sku }: Sale) => ({ sku });
  const resolvers = {
    Query: { latest: () => latest, item: (_: unknown, { sku }: { sku: string }) => ({ sku }) },
    Mutation: { setLatest: (_: unknown, { value }: { value: number }) => (latest = value) },
    Subscription: {
      itemSold: {
        subscribe: (_: unknown, { sku, after }: { sku: string; after?: string }) => {
          if (sku === 'UNKNOWN') throw new DomainError('NOT_FOUND', 'No such item');
          const place = ({ sequence }: Numbered<Sale>) =>
            sku === 'NO-TICKS' ? { sequence } : { tick: { symbol: 'SALE', sequence } };
          return mapIterator(sold.read(after), (sale) => ({ itemSold: sale, ...place(sale) }));
        },
      },
      stockPriced: {
        subscribe: (_: unknown, { sku, after }: { sku?: string; after?: string }) =>
          mapIterator(
            priced.read(after, (event) => !sku || event.sku === sku),
            (event) => ({ stockPriced: event, key: event.sku, tick: { symbol: 'STOCK', sequence: event.sequence } }),
          ),
      },
      myInbox: {
        subscribe: (_: unknown, { after }: { after?: string }, { caller }: RequestContext) =>
          mapIterator(inboxOf(requireUser(caller).userId).read(after), (entry) => ({
            myInbox: entry,
            sequence: entry.sequence,
          })),
      },
      clockTicked: {
        subscribe: () =>
          abortable(async function* () {
            yield { clockTicked: 1 };
            yield { clockTicked: 2 };
          }),
      },
    },
    Sale: {
      item: itemOf,
      thing: ({ sku }: Sale) => ({ __typename: 'Item', sku }),
      note: (_: unknown, { upper }: { upper: boolean }) => (upper ? 'SOLD' : 'sold'),
      broken: () => {
        throw new DomainError('CONFLICT', 'This field is always refused', { details: { hint: 'on purpose' } });
      },
    },
    StockPrice: {
      currency: ({ sku }: StockPrice) => {
        if (sku === 'NO-CURRENCY') throw new DomainError('CONFLICT', 'Its currency is not known');
        return 'USD';
      },
      ask: ({ price }: StockPrice, { margin }: { margin: number }) => price + margin,
      discount: ({ price }: StockPrice, _: unknown, { caller }: RequestContext) =>
        caller.kind === 'user' ? price * caller.userId.length : null,
      item: itemOf,
    },
    InboxEntry: { item: itemOf },
    Item: { __resolveReference: (item: object) => item, weight: () => 7 },
  };
  return { resolvers, sold, priced, inboxOf };
}
