import { describe, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { readBodyVariables, readQueryVariables } from './read-variables.ts';
import { restOperationOf } from './rest-operation.ts';
import { trust } from './test/trusted.ts';

const schema = buildSchema(`
  scalar Decimal
  enum Unit { GRAM OUNCE }
  input Where { status: Unit, text: String, placed: Range, tags: [Int!], and: Where, any: [Where!] }
  input Range { from: Decimal!, to: Decimal }
  type Query {
    all(int: Int, float: Float, bool: Boolean, id: ID, unit: Unit, decimal: Decimal, ids: [ID!], units: [Unit!]): Int
    search(where: Where!, grid: [[Int!]!], ranges: [Range!]): Int
    needs(id: ID!, first: Int!): Int
  }
  type Mutation { buy(id: ID!, count: Int): Int }
`);
const operations = new Map(
  trust(
    schema,
    `query All($int: Int, $float: Float, $bool: Boolean, $id: ID, $unit: Unit, $decimal: Decimal, $ids: [ID!], $units: [Unit!]) {
      all(int: $int, float: $float, bool: $bool, id: $id, unit: $unit, decimal: $decimal, ids: $ids, units: $units)
    }`,
    `query Search($where: Where!, $grid: [[Int!]!], $ranges: [Range!]) { search(where: $where, grid: $grid, ranges: $ranges) }`,
    `query Needs($id: ID!, $first: Int! = 10) { needs(id: $id, first: $first) }`,
    `mutation Buy($id: ID!, $count: Int) { buy(id: $id, count: $count) }`,
  ).map((document) => [document.name, restOperationOf(schema, document)!]),
);

const read = (name: string, query: string) => readQueryVariables(operations.get(name)!, new URLSearchParams(query));
const json = (value: unknown) => encodeURIComponent(JSON.stringify(value));

describe('the variables of a query', () => {
  test.each<[string, string, object]>([
    ['All', '', {}],
    [
      'All',
      'int=-3&float=1.5e2&bool=false&id=07&unit=OUNCE&decimal=1.50',
      { int: -3, float: 150, bool: false, id: '07', unit: 'OUNCE', decimal: '1.50' },
    ],
    ['All', 'ids=a&ids=b&units=GRAM', { ids: ['a', 'b'], units: ['GRAM'] }],
    ['All', 'id=', { id: '' }],
    ['Needs', 'id=1', { id: '1' }],
    ['Needs', 'id=1&first=5', { id: '1', first: 5 }],
    [
      'Search',
      'where.status=GRAM&where.placed.from=1&where.tags=1&where.tags=2',
      { where: { status: 'GRAM', placed: { from: '1' }, tags: [1, 2] } },
    ],
    ['Search', `where=${json({ text: 'a', and: { text: 'b' } })}`, { where: { text: 'a', and: { text: 'b' } } }],
    [
      'Search',
      `where.and=${json({ text: 'b' })}&where.any=${json({ text: 'c' })}`,
      { where: { and: { text: 'b' }, any: [{ text: 'c' }] } },
    ],
    [
      'Search',
      `where.text=a&grid=${json([1, 2])}&grid=${json([3])}&ranges=${json({ from: '1' })}`,
      { where: { text: 'a' }, grid: [[1, 2], [3]], ranges: [{ from: '1' }] },
    ],
  ])('%s?%s', (name, query, variables) => {
    expect(read(name, query)).toEqual({ variables });
  });

  test.each<[string, string, string, string]>([
    ['All', 'int=1.5', 'int', 'must be a whole number'],
    ['All', 'int=', 'int', 'must be a whole number'],
    ['All', 'float=abc', 'float', 'must be a number'],
    ['All', 'float=', 'float', 'must be a number'],
    ['All', 'bool=yes', 'bool', 'must be true or false'],
    ['All', 'unit=gram', 'unit', 'must be one of GRAM, OUNCE'],
    ['All', 'units=GRAM&units=TOLA', 'units', 'must be one of GRAM, OUNCE'],
    ['All', 'id=1&id=2', 'id', 'is given several times, and is no list'],
    ['All', 'weight=1', 'weight', 'is not known: the known ones are int, float, bool, id, unit, decimal, ids, units'],
    ['Needs', '', 'id', 'is required (ID!)'],
    ['Search', '', 'where', 'is required (Where!)'],
    ['Search', 'where={', 'where', 'must be JSON'],
    ['Search', 'where={}&where.text=a', 'where.text', 'give either where as JSON or its fields'],
    ['Search', 'where.nope=1', 'where.nope', expect.stringContaining('where.placed.from, where.placed.to') as never],
  ])('%s?%s is refused', (name, query, parameter, message) => {
    expect(read(name, query)).toEqual({ problems: [{ parameter, message }] });
  });

  test('are refused with every problem at once', () => {
    expect(read('Needs', 'first=x&nope=1')).toMatchObject({
      problems: [{ parameter: 'nope' }, { parameter: 'first' }, { parameter: 'id' }],
    });
  });
});

describe('the variables of a mutation', () => {
  const body = (value: unknown) => readBodyVariables(operations.get('Buy')!, value);

  test('are the body as it is', () => {
    expect(body({ id: 'a', count: null })).toEqual({ variables: { id: 'a', count: null } });
  });

  test.each<[string, unknown, string]>([
    ['not known', { id: 'a', nope: 1 }, 'nope'],
    ['missing', {}, 'id'],
    ['null where it is required', { id: null }, 'id'],
    ['missing with the whole body', undefined, 'id'],
    ['a list', [], ''],
    ['text', 'a', ''],
  ])('are refused when one is %s', (_what, value, parameter) => {
    expect(body(value)).toMatchObject({ problems: [{ parameter }] });
  });
});
