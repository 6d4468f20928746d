import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { createBell } from '#shared/waiting.ts';

const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';

export const booksSdl = `${federation}
  type Query { books: [Book!]! }
  type Book @key(fields: "isbn") { isbn: ID! title: String! }
`;

export const reviewsSdl = `${federation}
  type Mutation { review(isbn: ID!, stars: Int!): Review }
  type Subscription { reviewAdded: Review! }
  type Review { stars: Int! book: Book! }
  type Book @key(fields: "isbn") { isbn: ID! reviews: [Review!]! }
`;

/**
 * Two subgraphs that know nothing of this project: one is Apollo Server as its documentation starts it, the other plain
 * graphql-http and graphql-ws.
 */
export async function startLibrary() {
  const titles: Record<string, string> = { '1': 'Gold', '2': 'Silver' };
  const reviews: { isbn: string; stars: number }[] = [{ isbn: '1', stars: 5 }];
  const bell = createBell();

  const bookResolvers = {
    Query: { books: () => Object.keys(titles).map((isbn) => ({ isbn })) },
    Book: {
      __resolveReference: (book: object) => book,
      title: ({ isbn }: { isbn: string }) => titles[isbn],
    },
  };
  const apollo = new ApolloServer({
    schema: buildSubgraphSchema({ typeDefs: parse(booksSdl), resolvers: bookResolvers }),
    plugins: [ApolloServerPluginInlineTraceDisabled()],
  });
  const { url: booksUrl } = await startStandaloneServer(apollo, { listen: { port: 0, host: '127.0.0.1' } });

  async function* added() {
    for (let seen = reviews.length; ;) {
      while (seen < reviews.length) yield { reviewAdded: reviews[seen++] };
      await bell.heard(stopping.signal);
      if (stopping.signal.aborted) return;
    }
  }
  const stopping = new AbortController();
  const schema = buildSubgraphSchema({
    typeDefs: parse(reviewsSdl),
    resolvers: {
      Mutation: {
        review(_: unknown, review: { isbn: string; stars: number }) {
          reviews.push(review);
          bell.ring();
          return review;
        },
      },
      Subscription: { reviewAdded: { subscribe: added } },
      Review: { book: ({ isbn }: { isbn: string }) => ({ isbn }) },
      Book: {
        __resolveReference: (book: object) => book,
        reviews: ({ isbn }: { isbn: string }) => reviews.filter((review) => review.isbn === isbn),
      },
    },
  });
  const http = createServer(createHandler({ schema }));
  const sockets = new WebSocketServer({ server: http });
  const streams = useServer({ schema }, sockets);
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  const reviewsUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;

  return {
    subgraphs: [
      { name: 'books', url: booksUrl, typeDefs: parse(booksSdl) },
      { name: 'reviews', url: reviewsUrl, typeDefs: parse(reviewsSdl) },
    ],
    async close() {
      stopping.abort();
      await streams.dispose();
      http.closeAllConnections();
      await new Promise((resolve) => void http.close(resolve));
      await apollo.stop();
    },
  };
}
