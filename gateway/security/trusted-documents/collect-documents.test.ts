import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client';
import { print } from '@apollo/client/utilities';
import { describe, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { EMPTY } from 'rxjs';
import { collectDocuments, manifestOperation, type GraphqlFile } from './collect-documents.ts';
import { hashOf } from './manifest.ts';

const schema = buildSchema(`
  type Query { price(symbol: ID!): Price prices: [Price!]! }
  type Mutation { sell: Boolean }
  type Price { bid: String ask: String source: Source }
  type Source { name: String }
`);

const collect = (...texts: string[]) =>
  collectDocuments(
    texts.map((text, index): GraphqlFile => ({ path: `${index + 1}.graphql`, text })),
    schema,
  );

describe('the documents of a client', () => {
  test('are its operations by name, each with the fragments that it needs, whatever file they are in', () => {
    const { documents, problems } = collect(
      'query Prices { prices { ...both } } mutation Ask { sell }',
      'fragment both on Price { bid ...origin } fragment unused on Price { ask }',
      'fragment origin on Price { source { name } }',
    );
    expect(problems).toEqual([]);
    const operations = documents.map((document) => manifestOperation(document, { typenames: false }));
    expect(operations.map(({ name, type, id, body }) => [name, type, id === hashOf(body)])).toEqual([
      ['Ask', 'mutation', true],
      ['Prices', 'query', true],
    ]);
    expect(operations[1]!.body.match(/(query|fragment) \w+/g)).toEqual([
      'query Prices',
      'fragment both',
      'fragment origin',
    ]);
  });

  test('come out the same in whatever order the files are given', () => {
    const [one, other] = ['query B { prices { bid } }', 'query A { prices { ask } }'];
    const idsOf = (...texts: string[]) =>
      collect(...texts).documents.map((document) => manifestOperation(document, { typenames: false }).id);
    expect(idsOf(one, other)).toEqual(idsOf(other, one));
  });

  test('have all their problems told at once, each with its place', () => {
    const { problems } = collect(
      'query A { prices { bid } }\n{ prices { ask } }\nquery B { price { bid } }',
      'query A { prices { ask } }\ntype Price { bid: Int }\nquery C { prices { ...gone } }',
      'query D {',
    );
    expect(problems).toEqual([
      '1.graphql:2:1: the query needs a name, by which it is known',
      '2.graphql:1:1: there is another operation named A (1.graphql:1:1)',
      '2.graphql:2:1: only operations and fragments can be trusted',
      '3.graphql:1:10: Syntax Error: Expected Name, found <EOF>.',
      '1.graphql:3:11: Field "price" argument "symbol" of type "ID!" is required, but it was not provided.',
      '2.graphql:3:23: Unknown fragment "gone".',
    ]);
  });

  test('have the hash under which Apollo Client sends them, where they are given their typenames', async () => {
    const text = 'query Prices { prices { bid source { name __typename } ...more } } fragment more on Price { ask }';
    const [document] = collect(text).documents;
    const sent: string[] = [];
    const link = new ApolloLink(({ query }) => {
      sent.push(print(query));
      return EMPTY;
    });
    const client = new ApolloClient({ cache: new InMemoryCache(), link });
    await client.query({ query: gql(text) }).catch(() => undefined);
    expect(manifestOperation(document!, { typenames: true }).body).toBe(sent[0]);
  });
});
