import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { requireUser } from '#shared/caller.ts';
import { DomainError } from '#shared/errors.ts';
import type { RequestContext } from '#shared/request-context.ts';
import { startKeyServer } from '#shared/testing/key-server.ts';
import { createGateways, startSubgraph } from './warehouse-graph.ts';

const head = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective", "@authenticated", "@listSize"])
  @link(url: "https://specs.gold-supergraph.example/streams/v1.0", import: ["@personal"])
  @link(url: "https://specs.gold-supergraph.example/caching/v1.0", import: ["@cacheControl"])
  @composeDirective(name: "@personal")
  @composeDirective(name: "@cacheControl")
  directive @personal on FIELD_DEFINITION | OBJECT
  directive @cacheControl(maxAge: Int, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
`;
export const booksSdl = `${head}
  enum Kind { PAPER AUDIO }
  input Filter { kind: Kind = PAPER, words: [String!] }
  interface Thing { id: ID! title: String }
  type Query {
    book(id: ID!): Book @cacheControl(maxAge: 60)
    books(ids: [ID!] = ["1", "2"]): [Book!]! @cacheControl(maxAge: 60)
    shelf(first: Int! = 2): [Book!]! @cacheControl(maxAge: 60) @listSize(slicingArguments: ["first"])
    search(filter: Filter): [Thing!] @cacheControl(maxAge: 60)
    news: News
    strict: Strict
    told(text: String, number: Float): String
    visits: Int! @cacheControl(maxAge: 0)
    me: Reader @authenticated
    greeting: String! @personal
    broken: String @cacheControl(maxAge: 60)
    short: Int @cacheControl(maxAge: 2)
  }
  type Mutation { rename(id: ID!, title: String!): Book refuse: Int }
  type Book implements Thing @key(fields: "id") @cacheControl(maxAge: 60) { id: ID! title: String kind: Kind! pages: Int }
  type Tape implements Thing @cacheControl(maxAge: 60) { id: ID! title: String minutes: Float }
  union News = Book | Tape
  type Strict { name: String! inner: Strict inners: [Strict!] never: Int! }
  type Reader @personal { id: ID! }
`;
export const stockSdl = `${head}
  type Book @key(fields: "id") @cacheControl(maxAge: 60) {
    id: ID!
    left: Int
    shelf: String!
    live: Int @cacheControl(maxAge: 0)
    mine: String @personal
    lost: String
  }
`;
type SchemaTexts = { books: string; stock: string };
type Settings = Record<string, string>;

/** What clients may be told that JSON has to escape, and what it may leave as it is. */
export const awkward = 'say "7"\\\n\t\u0000\u2028 طلا £ \u{1f600} </script>';

/**
 * Two real subgraphs behind a real gateway. They say for how long what they tell may be kept, and keep what they were asked
 * for. The second one knows no book
 * `none`, and of the book `0` it leaves out what it must not.
 */
export async function startCatalogue(settings: Settings = {}) {
  const asked: string[] = [];
  const tell =
    <T, Source>(field: string, value: (source: Source) => T) =>
    (source: Source) => (asked.push(field), value(source));
  let visits = 0;
  const titles: Record<string, string> = { '1': 'Gold', '2': awkward };
  const bookOf = (id: string) => ({ __typename: 'Book', id });
  const tape = { __typename: 'Tape', id: 't', title: 'Silver', minutes: 1e21 };
  const strict = { name: 'one', inner: {}, inners: [{ name: 'two' }, {}] };
  const books = {
    Query: {
      book: (_: unknown, { id }: { id: string }) => (asked.push(`book ${id}`), bookOf(id)),
      books: (_: unknown, { ids }: { ids: string[] }) => (asked.push(`books ${ids.join()}`), ids.map(bookOf)),
      shelf: (_: unknown, { first }: { first: number }) =>
        Array.from({ length: first }, (_each, at) => bookOf(String(at))),
      search: (_: unknown, { filter }: { filter?: { kind: string } }) =>
        filter?.kind === 'AUDIO' ? [tape] : [bookOf('1'), tape],
      news: () => tape,
      strict: () => strict,
      told: (_: unknown, given: object) => JSON.stringify(given),
      visits: () => (visits += 1),
      me: (_: unknown, _arguments: unknown, { caller }: RequestContext) => ({ id: requireUser(caller).userId }),
      greeting: (_: unknown, _arguments: unknown, { caller }: RequestContext) =>
        caller.kind === 'user' ? `Hello ${caller.userId}` : 'Hello',
      broken() {
        throw new DomainError('CONFLICT', `This is always refused: ${awkward}`, { details: { hint: awkward } });
      },
      short: tell('short', () => 1),
    },
    Mutation: {
      rename: (_: unknown, { id, title }: { id: string; title: string }) => ((titles[id] = title), bookOf(id)),
      refuse() {
        throw new DomainError('CONFLICT', 'Nothing was done');
      },
    },
    Book: {
      __resolveReference: ({ id }: { id: string }) => bookOf(id),
      title: tell('title', ({ id }: { id: string }) => titles[id] ?? null),
      kind: () => 'PAPER',
      pages: () => 7,
    },
    Strict: { name: ({ name }: { name?: string }) => name ?? null, never: () => null },
  };
  const stock = {
    Book: {
      __resolveReference: ({ id }: { id: string }) => (asked.push(`stock ${id}`), id === 'none' ? null : { id }),
      left: ({ id }: { id: string }) => Number(id) * 10,
      shelf: ({ id }: { id: string }) => (id === '0' ? null : `shelf ${id}`),
      live: () => 1,
      mine: (_: unknown, _arguments: unknown, { caller }: RequestContext) =>
        caller.kind === 'user' ? caller.userId : null,
      lost() {
        throw new DomainError('NOT_FOUND', 'Nobody knows where it is');
      },
    },
  };
  const keys = await startKeyServer();
  const booksServer = await startSubgraph(booksSdl, books, keys);
  const stockServer = await startSubgraph(stockSdl, stock, keys);
  const folder = await mkdtemp(join(tmpdir(), 'gold-gateway-'));
  const file = join(folder, 'supergraph.graphql');
  function compose(texts: SchemaTexts): string {
    const { supergraphSdl, errors } = composeServices([
      { name: 'books', url: booksServer.url, typeDefs: parse(texts.books) },
      { name: 'stock', url: stockServer.url, typeDefs: parse(texts.stock) },
    ]);
    if (!supergraphSdl) throw new Error(String(errors));
    return supergraphSdl;
  }
  const supergraphSdl = compose({ books: booksSdl, stock: stockSdl });
  await writeFile(file, supergraphSdl);
  const gateways = createGateways({ file, keys, settings });
  return {
    ...(await gateways.start()),
    keys,
    supergraphSdl,
    /** What the subgraphs were asked for: `book 1`, `title`, `stock 1`. */
    asked,
    /** Changes what a subgraph says from now on, without telling anybody. */
    rename: (id: string, title: string) => void (titles[id] = title),
    startGateway: gateways.start,
    stopStock: stockServer.stop,
    startStock: stockServer.start,
    /** Gateways take it that were started with SUPERGRAPH_POLL_MS; the subgraphs stay as they are. */
    async changeSchema(change: (texts: SchemaTexts) => SchemaTexts): Promise<void> {
      await writeFile(`${file}.new`, compose(change({ books: booksSdl, stock: stockSdl })));
      await rename(`${file}.new`, file);
    },
    async close() {
      await gateways.stop();
      await Promise.all([booksServer.stop(), stockServer.stop(), keys.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

export type Catalogue = Awaited<ReturnType<typeof startCatalogue>>;
