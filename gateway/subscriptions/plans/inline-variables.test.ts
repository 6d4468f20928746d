import { describe, expect, test } from '@jest/globals';
import { buildSchema, Kind, parse, print } from 'graphql';
import { inlineVariables } from './inline-variables.ts';

const schema = buildSchema(`
  scalar Json
  enum Side { BUY SELL }
  input Range { from: Int to: Float sides: [Side!] extra: Json }
  type Query {
    price(sku: ID, side: Side, range: Range, extra: Json, tags: [String], count: Int, at: Float, note: String): Int
    item: Query
  }
`);

const inlined = (text: string, variables: Record<string, unknown> = {}, keep?: string) => {
  const document = parse(text);
  const definition = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)!;
  return print(inlineVariables(document, { definition, schema, variables, ...(keep && { keep }) })).replaceAll(
    /\s+/g,
    ' ',
  );
};
const both = (type: string, argument: string, value: unknown) =>
  inlined(`query($v: ${type}) { price(${argument}: $v) }`, { v: value });

describe('the value of a variable is written as the literal would be', () => {
  test.each([
    ['ID', 'sku', '7', '"7"'],
    ['ID', 'sku', 7, '"7"'],
    ['Side', 'side', 'SELL', 'SELL'],
    ['Int', 'count', -1, '-1'],
    ['Float', 'at', 1.5, '1.5'],
    ['Float', 'at', 1e21, '1e+21'],
    ['String', 'note', 'say "7"\n', String.raw`"say \"7\"\n"`],
    ['[String]', 'tags', ['a', null], '["a", null]'],
    ['[String]', 'tags', 'a', '"a"'],
    ['Side', 'side', null, 'null'],
    ['Range', 'range', { to: 2, from: 1, sides: ['BUY'] }, '{from: 1, sides: [BUY], to: 2}'],
    ['Json', 'extra', 'x', '"x"'],
    ['Json', 'extra', { b: [1, { c: true }], a: null }, '{a: null, b: [1, {c: true}]}'],
    ['Range', 'range', { sides: ['BUY'], extra: { b: 1, a: 'SELL' } }, '{extra: {a: "SELL", b: 1}, sides: [BUY]}'],
  ])('%s for %s: %j is %s', (type, argument, value, literal) => {
    const text = `{ price(${argument}: ${literal}) }`;
    expect(both(type, argument, value)).toBe(text);
    expect(inlined(text)).toBe(text);
  });
});

describe('values that are not given', () => {
  test('leave the argument, or the field of an input object, out', () => {
    expect(inlined('query($s: ID, $f: Int) { price(sku: $s, range: { from: $f, to: 1 }) }')).toBe(
      '{ price(range: {to: 1}) }',
    );
  });
  test('are null within a list', () => {
    expect(inlined('query($s: String) { price(tags: [$s, "b"]) }')).toBe('{ price(tags: [null, "b"]) }');
  });
  test('are the default where there is one; null is a value', () => {
    const text = 'query($s: ID = "A", $c: Int = 5) { price(sku: $s, count: $c) }';
    expect(inlined(text, { c: null })).toBe('{ price(count: null, sku: "A") }');
  });
  test('are not taken from what every JavaScript object has', () => {
    expect(inlined('query($constructor: ID, $toString: ID) { price(sku: $constructor, note: $toString) }')).toBe(
      '{ price }',
    );
  });
});

describe('how it was written does not matter', () => {
  test('arguments and fields of input objects have an order of their own', () => {
    const one = '{ price(side: BUY, range: {to: 1.5, from: 1}) }';
    expect(inlined(one)).toBe(inlined('{ price(range: {from: 1, to: 1.5}, side: BUY) }'));
  });
  test('nor do block strings', () => {
    expect(inlined('{ price(note: """a "b" """) }')).toBe(inlined(String.raw`{ price(note: "a \"b\" ") }`));
  });
});

describe('conditions are carried out', () => {
  const text = `query($yes: Boolean!, $no: Boolean = false) {
    a: price @include(if: $yes) b: price @include(if: $no) c: price @skip(if: $yes) d: price @skip(if: $no)
    e: price @skip(if: $no) @include(if: $yes) f: price @skip(if: $yes) @include(if: $yes)
    ... @include(if: $no) { g: price } ... @skip(if: $no) { h: price } ...F @skip(if: $yes) ...F @include(if: true)
  }
  fragment F on Query { i: price @skip(if: $yes) j: price }`;
  test('in fields and fragments, by variables and literals', () => {
    expect(inlined(text, { yes: true })).toBe(
      '{ a: price d: price e: price ... { h: price } ...F } fragment F on Query { j: price }',
    );
  });
});

test('a variable that is to stay one stays, with its definition', () => {
  const text = 'query($r: [Json!]!, $s: ID) { price(extra: $r, sku: $s) }';
  expect(inlined(text, { s: 'A' }, 'r')).toBe('query ($r: [Json!]!) { price(extra: $r, sku: "A") }');
});

test('what a client sends as a value never becomes part of the operation', () => {
  const hostile = { '1}) { secret } x(y: {b': 1 };
  expect(() => both('Json', 'extra', hostile)).toThrow('cannot be the name of a field');
  expect(() => both('Json', 'extra', [{ a: hostile }])).toThrow('cannot be the name of a field');
});
