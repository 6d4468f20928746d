import { describe, expect, test } from '@jest/globals';
import { buildSchema, Kind, parse } from 'graphql';
import { canonicalFetch, canonicalSubscription, normalisedOperation } from './canonical-request.ts';

const schema = buildSchema(`
  scalar _Any
  enum Side { BUY SELL }
  input Range { from: Int to: Int }
  interface Thing { sku: ID! name: String }
  type Coin implements Thing { sku: ID! name: String year: Int }
  type Bar implements Thing { sku: ID! name: String }
  type Price { value(side: Side, range: Range): Int ask: Int bid: Int thing: Thing coin: Coin }
  union _Entity = Coin | Bar
  type Query { _entities(representations: [_Any!]!): [_Entity]! coin: Coin }
  type Subscription { priced(sku: ID!, side: Side, after: String): Price ticked: Int }
`);
const nothingElse = () => ({ leaves: [], references: [] });

const canonical = (operation: string, variables: Record<string, unknown> = {}, ownFields = nothingElse) =>
  canonicalSubscription({ operation, variables, schema, ownFields, isUnsafe: () => false });
/** The part of the text for what is below the root field; `__typename` is always asked for. */
const textOf = (selection: string, variables?: Record<string, unknown>, definitions = '') =>
  canonical(`subscription${definitions} { priced(sku: "A") { ${selection} } }`, variables).text;
const inHash = /_[0-9a-f]{12}/g;

describe('a subscription has one text', () => {
  test('whatever its fields are called, and whatever their order and formatting', () => {
    const one = textOf('ask, coin { sku name }');
    expect(textOf('c: coin { name\n # the name\n s: sku } ask a: ask')).toBe(one);
    expect(textOf('coin { name } coin { sku } ask')).toBe(one);
  });

  test('whatever its operation and its root field are called', () => {
    const one = canonical('subscription { priced(sku: "A", side: BUY) { ask } }');
    const other = canonical('subscription Mine { p: priced(side: BUY, sku: "A") { ask } }');
    expect(other.text).toBe(one.text);
    expect(other.shape[0]!.to).toBe('p');
  });

  test('whether values are variables, literals or defaults', () => {
    const literal = textOf('value(side: BUY, range: {from: 1, to: 2})');
    const definitions = '($side: Side = BUY, $range: Range, $to: Int)';
    expect(textOf('value(range: $range, side: $side)', { range: { to: 2, from: 1 } }, definitions)).toBe(literal);
    expect(textOf('value(side: $side, range: {to: $to, from: 1})', { side: 'BUY', to: 2 }, definitions)).toBe(literal);
  });

  test('whether fragments are named, inline, or not there at all', () => {
    const one = textOf('ask coin { sku year }');
    const named =
      'subscription { priced(sku: "A") { ...F } } fragment F on Price { ask coin { ...G } } fragment G on Coin { sku year }';
    expect(canonical(named).text).toBe(one);
    expect(textOf('... on Price { ask ... { coin { ... on Coin { sku } year } } }')).toBe(one);
  });

  test('of what is left when conditions are carried out', () => {
    const definitions = '($yes: Boolean!)';
    const text = 'ask @include(if: $yes) bid @skip(if: $yes) ... @skip(if: $yes) { coin { sku } }';
    expect(textOf(text, { yes: true }, definitions)).toBe(textOf('ask'));
    expect(textOf('ask coin { sku @skip(if: true) }')).toBe(textOf('coin { year @include(if: false) } ask'));
  });

  test('of its own for other arguments, of the root field and of those below', () => {
    const texts = [
      textOf('value'),
      textOf('value(side: BUY)'),
      textOf('value(side: SELL)'),
      textOf('value(side: null)'),
      canonical('subscription { priced(sku: "B") { value } }').text,
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('what differs stands side by side', () => {
  test('a field with different arguments has a name for each', () => {
    const text = textOf('buy: value(side: BUY) sell: value(side: SELL) value');
    expect(text.match(inHash)).toHaveLength(2);
    expect(new Set(text.match(inHash)).size).toBe(2);
  });

  test('a field of one type only has a name of its own, within fragments on interfaces too', () => {
    expect(textOf('thing { sku ... on Coin { sku n: name ... on Thing { t: __typename } } }')).toContain(
      'thing{sku ...on Coin{name__Coin:name sku__Coin:sku ...on Thing{__typename__Coin_Thing:__typename}}}',
    );
  });
});

describe('where a client resumes', () => {
  const resumed = 'subscription($after: String) { priced(sku: "A", after: $after) { ask } }';
  test('does not name the stream', () => {
    const { text } = canonical('subscription { priced(sku: "A") { ask } }');
    expect(canonical(resumed, { after: '5' }).text).toBe(text);
    expect(canonical('subscription { priced(after: "5", sku: "A") { ask } }').text).toBe(text);
  });
  test('is put in when it is subscribed to', () => {
    const { textBehind, text, isResumable } = canonical(resumed, { after: '5' });
    expect(isResumable).toBe(true);
    expect(textBehind(undefined)).toBe(text);
    expect(textBehind('17')).toBe(text.replace('(', '(after: "17",'));
    expect(() => parse(textBehind('1"){x}'))).not.toThrow();
  });
  test('is nowhere where the field has no such argument', () => {
    const { textBehind, text, isResumable } = canonical('subscription { ticked }');
    expect([isResumable, textBehind('5'), text]).toEqual([false, text, 'subscription{ticked}']);
  });
});

test('operations share an upstream that asks for all that its subgraph has at hand', () => {
  const ownFields = (type: string) =>
    type === 'Price'
      ? { leaves: ['ask', 'bid'], references: [{ name: 'coin', typeName: 'Coin' }] }
      : { leaves: ['sku', 'year'], references: [] };
  const texts = ['ask', 'b: bid', 'coin { y: year }', 'coin { sku } ask', '__typename'].map(
    (selection) => canonical(`subscription { priced(sku: "A") { ${selection} } }`, {}, ownFields as never).text,
  );
  expect(new Set(texts)).toEqual(
    new Set(['subscription{priced(sku: "A"){__typename ask bid coin{__typename sku year}}}']),
  );
});

describe('a fetch of entities', () => {
  const fetchOf = (selection: string, variables = {}, definitions = '') =>
    canonicalFetch({
      operation: `query Q($representations: [_Any!]!${definitions}) { _entities(representations: $representations) { ${selection} } }`,
      variables,
      schema,
    });
  test('keeps its name and its variable, and is the same for all who want the same', () => {
    const one = fetchOf('... on Coin { name year }');
    expect(one.text).toBe(
      'query($representations:[_Any!]!){_entities(representations: $representations){...on Coin{name__Coin:name year__Coin:year}}}',
    );
    const other = fetchOf('... on Coin { y: year @include(if: $yes) n: name }', { yes: true }, ', $yes: Boolean!');
    expect(other.text).toBe(one.text);
  });
  test('may be a query of something else', () => {
    const { text, shape } = canonicalFetch({ operation: '{ c: coin { sku } }', variables: {}, schema });
    expect(text).toBe('query{coin{sku}}');
    expect(shape).toEqual([{ to: 'c', from: 'coin', shape: [{ to: 'sku', from: 'sku' }] }]);
  });
});

describe('operations are answered with the same bytes', () => {
  const normalised = (text: string, variables: Record<string, unknown> = {}) => {
    const document = parse(text);
    const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)!;
    return normalisedOperation(document, operation, { schema, variables });
  };
  const one = normalised('subscription { priced(sku: "A") { ask b: bid } }');
  test('whatever their name, formatting, variables, order of arguments, and where they resume', () => {
    expect(normalised('subscription Mine($sku: ID!) { priced(sku: $sku, after: "5") {ask,b:bid} }', { sku: 'A' })).toBe(
      one,
    );
    expect(normalised('subscription($a: String) { priced(after: $a, sku: "A") {ask b: bid} }', { a: '7' })).toBe(one);
    const [ab, ba] = ['sku: "A", side: BUY', 'side: BUY, sku: "A"'].map(
      (given) => `subscription{priced(${given}){ask}}`,
    );
    expect(normalised(ab!)).toBe(normalised(ba!));
  });
  test('but not with other names or another order', () => {
    expect(normalised('subscription { priced(sku: "A") { b: bid ask } }')).not.toBe(one);
    expect(normalised('subscription { priced(sku: "A") { ask bid } }')).not.toBe(one);
    expect(normalised('subscription { priced(sku: "B") { ask b: bid } }')).not.toBe(one);
  });
});
