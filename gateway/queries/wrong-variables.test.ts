import { describe, expect, test } from '@jest/globals';
import { buildSchema, Kind, parse, type OperationDefinitionNode } from 'graphql';
import { createWrongVariables } from './wrong-variables.ts';

const schema = buildSchema(`
  enum Metal { GOLD SILVER }
  input Where { metals: [Metal!] }
  type Query { a(id: ID, name: String!, first: Int = 10, isNew: Boolean, where: Where): Int }
`);

function judge(text: string, variables: Record<string, unknown>, hideSuggestions = false) {
  const document = parse(text);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const wrong = createWrongVariables(
    schema,
    { document, operation: operation as OperationDefinitionNode },
    { hideSuggestions },
  )(variables);
  return wrong?.map(({ message, extensions }) => `${String(extensions.code)}: ${message}`);
}

const plain =
  'query ($id: ID, $name: String!, $first: Int = 3, $isNew: Boolean) { a(id: $id, name: $name, first: $first, isNew: $isNew) }';

describe('variables', () => {
  test.each<[what: string, variables: Record<string, unknown>]>([
    ['of plain types', { id: 'x', name: 'y', first: 2_147_483_647, isNew: false }],
    ['that may be left out', { name: '' }],
    ['that may be null', { id: null, name: 'y', isNew: null }],
    ['that graphql-js reads in other ways', { id: 7, name: 'y', first: 2 }],
    ['and others that nobody has declared', { name: 'y', other: 1 }],
  ])('%s are right', (_what, variables) => expect(judge(plain, variables)).toBeUndefined());

  test.each<[what: string, variables: Record<string, unknown>, message: RegExp]>([
    ['is missing', {}, /^BAD_USER_INPUT: Variable "\$name" of required type "String!" was not provided/],
    ['is null', { name: null }, /"\$name" of non-null type "String!" must not be null/],
    ['is of another type', { name: 1 }, /"\$name" got invalid value 1; String cannot represent/],
    ['is too large', { name: 'y', first: 2_147_483_648 }, /"\$first" got invalid value 2147483648; Int cannot/],
    ['has a fraction', { name: 'y', first: 1.5 }, /"\$first" got invalid value 1.5; Int cannot/],
    ['comes from the prototype', { name: 'y', first: undefined, isNew: 'yes' }, /"\$isNew" got invalid value "yes"/],
  ])('are wrong where one %s', (_what, variables, message) => {
    expect(judge(plain, variables)).toEqual([expect.stringMatching(message)]);
  });

  const where = 'query ($where: Where) { a(name: "x", where: $where) }';

  test('that are wrong a hundred thousand times are told of fifty', () => {
    const before = process.cpuUsage();
    const told = judge(where, { where: { metals: Array.from({ length: 100_000 }, () => 1) } })!;
    expect(told).toHaveLength(51);
    expect(told.at(-1)).toMatch(/Too many errors/);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
  });

  test('are told of names that come close only where that is allowed', () => {
    const typo = { where: { metals: ['GOLDE'] } };
    expect(judge(where, typo)).toEqual([expect.stringContaining('Did you mean the enum value "GOLD"?')]);
    expect(judge(where, typo, true)).toEqual([expect.not.stringContaining('Did you mean')]);
  });

  test.each(['{ a(name: "x") @include(if: $on) }', '{ ...F } fragment F on Query { a(name: "x") @skip(if: $on) }'])(
    'by which it is decided what is asked for may be left out, but not be null: %s',
    (selection) => {
      const text = `query ($on: Boolean = true) ${selection}`;
      expect(judge(text, {})).toBeUndefined();
      expect(judge(text, { on: false })).toBeUndefined();
      expect(judge(text, { on: null })).toEqual([
        'BAD_USER_INPUT: Variable "$on" must not be null: @skip and @include go by it',
      ]);
    },
  );
});
