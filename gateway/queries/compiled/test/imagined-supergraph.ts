import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: [
  "@key", "@requires", "@provides", "@external", "@shareable", "@override", "@interfaceObject", "@composeDirective"
])`;

/** Five subgraphs with everything of federation that makes plans and answers difficult. */
const subgraphs: Record<string, string> = {
  catalogue: `
    scalar Json
    enum Side { BUY SELL }
    interface Media @key(fields: "id") { id: ID! title: String! side: Side kin: [Media!] }
    type Book implements Media & Item @key(fields: "id") {
      id: ID! title: String! side: Side kin: [Media!] pages: Int box: Box boxes: [[Box!]]! part: Part parts: [Part!]! grid: [[Part]!] v: Int! @shareable
    }
    type Film implements Media & Item @key(fields: "id") {
      id: ID! title: String! side: Side kin: [Media!] minutes: Float! matrix: [[Int!]!]! v: Int @shareable
    }
    interface Item { id: ID! }
    interface Part { name: String! whole: Book }
    type Heavy implements Part @shareable { name: String! whole: Book grams: Float! tags: Json inner: Part }
    type Bulky implements Part @shareable { name: String! whole: Book litres: Int boxes: [[Box!]!]! }
    type Box @shareable { side: Side! sizes: [Float!] label: String }
    union Thing = Book | Film | Voucher | Heavy | User
    type Voucher @key(fields: "code") @key(fields: "batch { id number }") {
      code: String! batch: Batch! worth: Int! on: Media
    }
    type Batch @shareable { id: ID! number: Int }
    type User @key(fields: "id") { id: ID! }
    type Strict { id: ID! name: String! self: Strict! list: [Strict!]! rows: [[Strict!]!]! media: Media! flag: Boolean! }
    type Query {
      media: [Media] medium(id: ID = "1"): Media! books(first: Int, side: Side): [Book!]! items: [Item]
      things(of: Json): [Thing!] thing: Thing shelves: [[Book]!] strict: Strict! maybe: Strict wall: [[Thing]]
      vouchers: [Voucher] box: Box
    }
    type Mutation { addBook(title: String!, side: Side): AddBook! touch: [Thing!]! }
    type AddBook { book: Book media: Media query: Query }
  `,
  reviews: `
    scalar Json
    type Media @key(fields: "id") @interfaceObject { id: ID! reviews(first: Int): [Review!] score: Float! best: Review pinned: Media }
    type Review @key(fields: "id") { id: ID! text: String media: Media! author: User @provides(fields: "name nick") about: Subject }
    type User @key(fields: "id") { id: ID! name: String @external nick: Json @external reviews: [Review] trust: Int! }
    union Subject = Review | User
    type Query { review(id: ID!): Review latest: [Review!]! subjects: [Subject]! }
    type Mutation { review(text: String): Review! }
  `,
  people: `
    extend schema
      @link(url: "https://specs.gold-supergraph.example/streams/v1.0", import: ["@personal"])
      @composeDirective(name: "@personal")
    directive @personal on FIELD_DEFINITION | OBJECT
    scalar Json
    type User @key(fields: "id") {
      id: ID! name: String @shareable nick: Json @shareable friends: [User!] rank: Int @override(from: "shipping") owns: [Item!]
    }
    interface Item { id: ID! v: Int }
    type Book implements Item @key(fields: "id") { id: ID! v: Int @shareable owner: User }
    type Film implements Item @key(fields: "id") { id: ID! v: Int @shareable owner: User! }
    type Voucher @key(fields: "batch { id number }") { batch: Batch! holder: User }
    type Batch @shareable { id: ID! number: Int }
    type Query { me: User @personal user(id: ID): User users: [[User]] }
    type Mutation { befriend(ids: [ID!]!): User }
  `,
  shipping: `
    scalar Json
    type User @key(fields: "id") { id: ID! rank: Int name: String @external greeting: String @requires(fields: "name") }
    interface Part { name: String! }
    type Heavy implements Part @shareable { name: String! grams: Float! tags: Json }
    type Bulky implements Part @shareable { name: String! litres: Int }
    type Book @key(fields: "id") {
      id: ID! title: String! @external pages: Int @external
      part: Part @external parts: [Part!]! @external box: Box @external boxes: [[Box!]]! @external
      cost: Float @requires(fields: "pages title")
      load: Int @requires(fields: "box { label sizes } boxes { side }")
      packing: Packing @requires(fields: "part { name ... on Heavy { grams tags } ... on Bulky { litres } }")
      all: [Packing!]! @requires(fields: "parts { ... on Heavy { grams } ... on Bulky { name } }")
    }
    type Packing { text: String! box: Box user: User }
    type Box @shareable { side: Side! sizes: [Float!] label: String }
    enum Side { BUY SELL }
    type Voucher @key(fields: "code") { code: String! weight: Float }
    type Query { packings: [Packing] }
  `,
  customs: `
    enum Side { BUY SELL }
    type Media @key(fields: "id") @interfaceObject {
      id: ID! score: Float! @external ships: Boolean duty(side: Side): Int! @requires(fields: "score")
    }
    type Query { duties: [Media!] }
  `,
};

/** The supergraph schema of the imagined subgraphs. @throws Error when they do not compose */
export function imaginedSupergraph(): string {
  const services = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}`,
    typeDefs: parse(`${federation}\n${sdl}`),
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (!supergraphSdl) throw new Error(errors!.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}
