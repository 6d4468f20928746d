import { buildASTSchema, parse } from 'graphql';

/** A schema as composition writes it, with every place that a weight may stand in, and its own names for the directives. */
export const weightedGraph = parse(
  `
  schema
    @link(url: "https://specs.apollo.dev/link/v1.0")
    @link(url: "https://specs.apollo.dev/cost/v0.1", as: "price", import: [{ name: "@listSize", as: "@length" }])
  { query: Query, mutation: Mutation, subscription: Subscription }

  directive @price(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @length(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
  directive @link(url: String, as: String, import: [String]) repeatable on SCHEMA

  type Query {
    shop: Shop
    shops(first: Int = 3, last: Int): [Shop!]! @length(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
    item(id: ID! @price(weight: 2), where: Where): Item
    items(first: Int, last: Int): Items @length(slicingArguments: ["first", "last"], sizedFields: ["nodes", "keys"])
    any(where: [Where!]): Any
    named: [Named!]
    secret: Secret @price(weight: 7)
  }
  type Mutation { buy(where: Where! @price(weight: 5)): Item }
  type Subscription { sold(first: Int): Item }
  interface Named { name: String self: Named items(first: Int!): Items }
  type Shop implements Named @price(weight: 3) {
    name: String
    self: Named
    items(first: Int!): Items @length(slicingArguments: ["first"], sizedFields: ["nodes"])
    staff: [Item!] @length(assumedSize: 4)
    grid: [[Item]]
    flags: [Flag!]
  }
  type Item implements Named {
    name: String @price(weight: 1)
    self: Named
    items(first: Int!): Items
    shop: Shop
    any: Any
    weight: Heavy
  }
  type Items { nodes: [Item!]! keys: [ID!]! total: Int @price(weight: 2) pages: [Item!] }
  type Secret @price(weight: 9) { text: String }
  union Any = Shop | Item | Secret
  scalar Heavy @price(weight: 6)
  enum Flag @price(weight: 2) { ON OFF }
  input Where { text: String flag: Flag weight: Heavy @price(weight: 4) all: [Where!] deep: Deep }
  input Deep { where: Where number: Int }
`,
  { noLocation: true },
);

export const weightedSchema = buildASTSchema(weightedGraph, { assumeValidSDL: true });
