import { composeServices } from '@apollo/composition';
import { Supergraph, type Schema } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { parse, validate, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { createAccessRules, type AccessRules } from '../../../supergraph/access-rules.ts';
import { readSupergraph } from '../../../supergraph/security-features.ts';
import { createAccessControl, type AccessControl } from '../access-control.ts';

const head = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@external", "@requires", "@shareable", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy"
])`;

/** A shop in which every kind of thing is protected somewhere. */
export const shopSdl = `${head}
  type Query {
    latest: Sale
    sales(first: Int): [Sale!]!
    me: User
    thing(sku: ID): Thing
    things: [Thing!]!
    anything: [Anything]
    open: Int
    inside: Int @authenticated
    scoped: Int! @requiresScopes(scopes: [["REQUEST_QUOTES", "PLACE_ORDERS"], ["READ_ALL_ORDERS"]])
    policed: [[Int]] @policy(policies: [["OPERATOR"]])
    strange: Int @policy(policies: [["NOBODY_KNOWS"]])
  }
  type Mutation { sell(sku: ID!): Sale note: Int @authenticated }
  type Subscription { sold: Sale inbox: User }
  interface Thing { sku: ID! name: String rating: Int owner: User maker: Maker }
  type Item implements Thing @key(fields: "sku") {
    sku: ID! name: String rating: Int @requiresScopes(scopes: [["ADJUST_STOCK"]]) owner: User maker: Maker
    cost: Int @requiresScopes(scopes: [["MANAGE_PRICING_RULES"]])
    secret: String! @authenticated
    grade: Grade
  }
  type Voucher implements Thing { sku: ID! name: String rating: Int owner: User maker: Maker code: String }
  type Maker { name: String! things: [Thing!] }
  type Sale { item: Item by: User sequence: Int! anything: Anything margin: Int! @policy(policies: [["OPERATOR"]]) }
  type User @key(fields: "id") @authenticated {
    id: ID! name: String email: String @requiresScopes(scopes: [["READ_CUSTOMERS"]]) sales: [Sale!]
  }
  union Anything = Item | Voucher | User | Maker
  enum Grade @authenticated { A B }
`;
export const freightSdl = `${head}
  type Item @key(fields: "sku") {
    sku: ID!
    weight: Int
    cost: Int @external
    shipping: Int @requires(fields: "cost") @requiresScopes(scopes: [["MANAGE_PRICING_RULES"]])
    tags: [String!] @requiresScopes(scopes: [["REQUEST_QUOTES"]])
  }
  type User @key(fields: "id") { id: ID! parcels: Int }
`;

export type GuardedGraph = {
  supergraphSdl: string;
  schema: GraphQLSchema;
  plannerSchema: Schema;
  planner: QueryPlanner;
  rules: AccessRules;
  access: AccessControl;
};

/** The graph that subgraphs make together, and what is enforced in it. */
export function guardedGraph(...subgraphs: string[]): GuardedGraph {
  const supergraphSdl = composed(...subgraphs);
  const text = readSupergraph(supergraphSdl);
  const supergraph = Supergraph.build(text.servedSdl);
  const schema = supergraph.apiSchema().toGraphQLJSSchema();
  const rules = createAccessRules(text);
  return {
    supergraphSdl,
    schema,
    plannerSchema: supergraph.apiSchema(),
    planner: new QueryPlanner(supergraph),
    rules,
    access: createAccessControl({ schema, rules }),
  };
}

export function composed(...subgraphs: string[]): string {
  const { supergraphSdl, errors } = composeServices(
    subgraphs.map((sdl, index) => ({ name: `s${index}`, url: `http://s${index}`, typeDefs: parse(sdl) })),
  );
  if (!supergraphSdl) throw new Error(String(errors));
  return supergraphSdl;
}

/** An operation as the access rules get it: valid. */
export function operationIn({ schema }: GuardedGraph, text: string) {
  const document = parse(text, { noLocation: true });
  const [error] = validate(schema, document);
  if (error) throw error;
  const operation = document.definitions.find(({ kind }) => kind === 'OperationDefinition') as OperationDefinitionNode;
  return { document, operation };
}
