import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { buildSchema, graphqlSync, type GraphQLSchema } from 'graphql';
import { readApiSchema } from '../../supergraph/api-schema.ts';
import { restOperationOf } from '../rest-operation.ts';
import { trust } from '../test/trusted.ts';
import { describeApi, type OpenApi } from './describe-api.ts';
import type { JsonSchema } from './type-schemas.ts';

function describeDocuments(schema: GraphQLSchema, ...texts: string[]): OpenApi {
  return describeApi(
    schema,
    trust(schema, ...texts).flatMap((document) => restOperationOf(schema, document) ?? []),
  );
}

async function problemsOf(description: OpenApi) {
  const { valid, errors } = await new Validator().validate(structuredClone(description));
  return valid ? [] : errors;
}

/** Checks answers of an operation as a client would that was generated from the description. */
function answerValidator(description: OpenApi, path: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(description, 'api');
  const { get, post } = description.paths[path] as Record<string, { responses: Record<string, JsonSchema> }>;
  const method = get ? 'get' : 'post';
  const at = ['paths', path, method, 'responses', '200', 'content', 'application/json', 'schema'];
  if (!get && !post) throw new Error(`${path} is not described`);
  return ajv.compile({ $ref: `api#/${at.map((part) => part.replaceAll('/', '~1')).join('/')}` });
}

describe('the operations of the contract', () => {
  const folder = new URL('../../contract/served/', import.meta.url);
  const texts = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const { schema } = readApiSchema(readFileSync(new URL('../../supergraph.graphql', import.meta.url), 'utf8'));
  const description = describeDocuments(schema, ...texts);

  test('are described by valid OpenAPI, every one but the subscriptions', async () => {
    expect(await problemsOf(description)).toEqual([]);
    const operations = texts.join('\n').match(/^(query|mutation) \w+/gm)!;
    expect(Object.keys(description.paths)).toHaveLength(operations.length);
  });

  test('say what each parameter means', () => {
    const { parameters } = description.paths['/Candles']!.get as {
      parameters: { name: string; description?: string }[];
    };
    expect(parameters.map(({ name }) => name)).toEqual(['symbol', 'interval', 'from', 'to', 'first', 'after']);
    expect(parameters.filter(({ description: text }) => !text)).toEqual([]);
  });
});

const shop = buildSchema(`
  scalar Decimal
  scalar Anything @specifiedBy(url: "https://example.com/anything")
  enum Unit { "Of metal." GRAM OUNCE @deprecated(reason: "weigh in grams") }
  interface Named { "What it is called." name: String! }
  type Bar implements Named { name: String! weight: Decimal! unit: Unit }
  type Coin implements Named { name: String! year: Int! }
  type Box implements Named { name: String! content: [Named!] }
  union Found = Bar | Coin | Box
  input Where { unit: Unit = GRAM, text: String!, and: Where }
  type Query {
    "Finds things."
    search("What to look for." where: Where, "How many." first: Int = 10): [Found!]!
    bar(id: ID!): Bar
    anything: Anything
  }
`);

describe('the description', () => {
  const description = describeDocuments(
    shop,
    `query Search($where: Where, $first: Int! = 5) {
      search(where: $where, first: $first) { __typename ...named ... on Coin { year } ... on Box { content { name ... on Bar { unit } } } }
    }
    fragment named on Named { title: name }`,
    `query Bar($id: ID!, $short: Boolean!) { bar(id: $id) { name weight @skip(if: $short) unit } anything }`,
  );

  test('is valid', async () => {
    expect(await problemsOf(description)).toEqual([]);
  });

  test('has the parameters with their types, defaults and meanings', () => {
    const { parameters } = description.paths['/Search']!.get as { parameters: Record<string, unknown>[] };
    expect(parameters).toMatchObject([
      {
        name: 'where',
        required: false,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Where' } } },
      },
      { name: 'where.unit', schema: { $ref: '#/components/schemas/Unit', default: 'GRAM' } },
      { name: 'where.text', required: false, description: 'Required where any other field of `where` is given.' },
      { name: 'where.and', content: {} },
      { name: 'first', required: false, description: 'How many.', schema: { type: 'integer', default: 5 } },
    ]);
  });

  test('has the types that have a name once, with the meanings of their values', () => {
    expect((description.components as { schemas: object }).schemas).toMatchObject({
      Unit: { type: 'string', enum: ['GRAM', 'OUNCE'], description: '- `GRAM`: Of metal.' },
      Where: {
        properties: { and: { anyOf: [{ $ref: '#/components/schemas/Where' }, { type: 'null' }] } },
        required: ['text'],
      },
      Decimal: { type: 'string' },
      Anything: { externalDocs: { url: 'https://example.com/anything' } },
    });
  });

  test.each<[string, string, object, boolean]>([
    ['whole', '/Bar', { bar: { name: 'a', weight: '1.5', unit: 'GRAM' }, anything: [1] }, true],
    ['with nulls where they may be', '/Bar', { bar: null, anything: null }, true],
    ['without what may be left out', '/Bar', { bar: { name: 'a', unit: null }, anything: null }, true],
    ['with what could not be had', '/Bar', { bar: null, anything: null, $errors: [{ message: 'no' }] }, true],
    ['with null where it cannot be', '/Bar', { bar: { name: null, unit: null }, anything: null }, false],
    ['with another value than the enum has', '/Bar', { bar: { name: 'a', unit: 'TOLA' }, anything: null }, false],
    ['without what is always there', '/Bar', { bar: { name: 'a' }, anything: null }, false],
    ['of one type', '/Search', { search: [{ __typename: 'Bar', title: 'a' }] }, true],
    ['of another type', '/Search', { search: [{ __typename: 'Coin', title: 'a', year: 1 }] }, true],
    [
      'of a type below a type',
      '/Search',
      { search: [{ __typename: 'Box', title: 'a', content: [{ name: 'b' }, { name: 'c', unit: null }] }] },
      true,
    ],
    ['that mixes types', '/Search', { search: [{ __typename: 'Coin', title: 'a' }] }, false],
    ['of a type that there is not', '/Search', { search: [{ __typename: 'Ring', title: 'a' }] }, false],
  ])('tells an answer %s (%s)', (_what, path, answer, isRight) => {
    expect(answerValidator(description, path)(answer)).toBe(isRight);
  });

  test('is true of what graphql-js answers', () => {
    const source = trust(shop, 'query Bar($id: ID!) { bar(id: $id) { name weight unit } }')[0]!.body;
    const rootValue = { bar: () => ({ name: 'a', weight: '1', unit: 'OUNCE' }) };
    const { data } = graphqlSync({ schema: shop, source, rootValue, variableValues: { id: '1' } });
    expect(answerValidator(describeDocuments(shop, source), '/Bar')(data)).toBe(true);
  });
});
