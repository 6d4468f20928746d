import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { startKeyServer } from '#shared/testing/key-server.ts';
import { createFeed } from './warehouse/feed.ts';
import { createGateways, startSubgraph } from './warehouse-graph.ts';

const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@authenticated", "@requiresScopes", "@policy"
])`;
export const shopSdl = `${head}
  type Query { open: Int item: Item things: [Thing!]! anything: [Anything!]! report: Int @policy(policies: [["OPERATOR"]]) }
  type Mutation { rename(name: String!): Item reprice(cost: Int!): Item @requiresScopes(scopes: [["MANAGE_PRICING_RULES"]]) }
  type Subscription { sold: Sale! inbox: Int! @authenticated }
  interface Thing { sku: ID! name: String cost: Int }
  union Anything = Item | Voucher | User
  type Item implements Thing @key(fields: "sku") {
    sku: ID! name: String
    cost: Int @requiresScopes(scopes: [["MANAGE_PRICING_RULES"]])
    grade: Int! @authenticated
    owner: User
  }
  type Voucher implements Thing { sku: ID! name: String cost: Int }
  type Sale { sequence: Int! item: Item buyer: User fee: Int @requiresScopes(scopes: [["READ_ALL_ORDERS"]]) }
  type User @key(fields: "id") @authenticated { id: ID! }
`;
export const peopleSdl = `${head}
  type Query { people: [User!] }
  type User @key(fields: "id") { id: ID! name: String email: String @requiresScopes(scopes: [["READ_CUSTOMERS"]]) }
  type Item @key(fields: "sku") { sku: ID! margin: Int @policy(policies: [["OPERATOR"]]) views: Int }
`;

/**
 * Two real subgraphs with something protected everywhere behind a real gateway. They check nothing themselves, and keep
 * every field that they were asked for.
 */
export async function startGuardedShop(settings: Record<string, string> = {}) {
  const asked: string[] = [];
  const sold = createFeed<object>();
  const tell =
    <T>(field: string, value: T) =>
    () => (asked.push(field), value);
  const item = { __typename: 'Item', sku: 'A' };
  const voucher = { __typename: 'Voucher', sku: 'V', name: 'voucher V', cost: 5 };
  const user = { __typename: 'User', id: 'u' };
  const byReference = { __resolveReference: (reference: object) => reference };
  const shop = {
    Query: {
      open: tell('Query.open', 1),
      item: tell('Query.item', item),
      things: tell('Query.things', [item, voucher]),
      anything: tell('Query.anything', [item, voucher, user]),
      report: tell('Query.report', 7),
    },
    Mutation: { rename: tell('Mutation.rename', item), reprice: tell('Mutation.reprice', item) },
    Subscription: {
      sold: { subscribe: () => sold.read(undefined), resolve: (sale: object) => sale },
      inbox: { subscribe: () => sold.read(undefined), resolve: tell('Subscription.inbox', 1) },
    },
    Item: {
      ...byReference,
      name: tell('Item.name', 'item A'),
      cost: tell('Item.cost', 100),
      grade: tell('Item.grade', 3),
      owner: tell('Item.owner', user),
    },
    Sale: { item: tell('Sale.item', item), buyer: tell('Sale.buyer', user), fee: tell('Sale.fee', 9) },
    User: byReference,
  };
  const people = {
    Query: { people: tell('Query.people', [user]) },
    User: { ...byReference, name: tell('User.name', 'Ada'), email: tell('User.email', 'ada@gold.example') },
    Item: { ...byReference, margin: tell('Item.margin', 40), views: tell('Item.views', 2) },
  };
  const keys = await startKeyServer();
  const shopServer = await startSubgraph(shopSdl, shop, keys);
  const peopleServer = await startSubgraph(peopleSdl, people, keys);
  const folder = await mkdtemp(join(tmpdir(), 'gold-gateway-'));
  const file = join(folder, 'supergraph.graphql');
  async function publish(texts: { shop: string; people: string }): Promise<void> {
    const { supergraphSdl, errors } = composeServices([
      { name: 'shop', url: shopServer.url, typeDefs: parse(texts.shop) },
      { name: 'people', url: peopleServer.url, typeDefs: parse(texts.people) },
    ]);
    if (!supergraphSdl) throw new Error(String(errors));
    await writeFile(`${file}.new`, supergraphSdl);
    await rename(`${file}.new`, file);
  }
  await publish({ shop: shopSdl, people: peopleSdl });
  const gateways = createGateways({ file, keys, settings });
  const gateway = await gateways.start();
  return {
    ...gateway,
    keys,
    /** Every field that a subgraph was asked for. */
    asked,
    sell: () => sold.append({}),
    listeners: sold.listeners,
    startGateway: gateways.start,
    publish,
    async close() {
      await gateways.stop();
      await Promise.all([shopServer.stop(), peopleServer.stop(), keys.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

export type GuardedShop = Awaited<ReturnType<typeof startGuardedShop>>;
