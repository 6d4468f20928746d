import { describe, expect, jest, test } from '@jest/globals';
import { print, type ExecutionResult } from 'graphql';
import { anonymous, type Caller, type Role } from '#shared/caller.ts';
import { refusalOfAll, refusalsOf } from './operation-variant.ts';
import { freightSdl, guardedGraph, operationIn, shopSdl } from './test/guarded-graph.ts';

const graph = guardedGraph(shopSdl, freightSdl);
const { access } = graph;

const signedIn = (...roles: Role[]): Caller => ({ kind: 'user', userId: 'u', roles, sessionId: 's', expiresAt: 0 });
const nobody = signedIn();
const customer = signedIn('CUSTOMER');
const operator = signedIn('OPERATOR');

function variantOf(text: string, caller: Caller) {
  const { document, operation } = operationIn(graph, text);
  const needs = access.needsOf(document, operation);
  return needs && access.variantFor(needs, caller);
}

/** What is left of an operation, in one line; `everything`, or `nothing`. */
function partOf(text: string, caller: Caller): string {
  const variant = variantOf(text, caller);
  if (!variant) return 'everything';
  return variant.allowed ? print(variant.allowed.document).replace(/\s+/g, ' ') : 'nothing';
}

function refusedOf(text: string, caller: Caller, variables: Record<string, unknown> = {}): unknown[] {
  const variant = variantOf(text, caller);
  return variant ? refusalsOf(variant, variables).map(({ path }) => path?.join('.')) : [];
}

describe('an operation that touches nothing protected', () => {
  test.each([
    ['fields', '{ open latest { item { sku weight } } }'],
    ['types of an interface', '{ thing { ... on Voucher { rating } ... on Item { name } } }'],
    ['a union', '{ anything { __typename ... on Maker { name } } }'],
    ['the schema', '{ __typename __schema { types { name } } __type(name: "User") { name } }'],
    ['a fragment that nobody uses', '{ open }'],
  ])('%s costs no thought', (_what, text) => {
    const { document, operation } = operationIn(graph, text);
    expect(access.needsOf(document, operation)).toBeUndefined();
  });
});

describe('what subgraphs are asked for', () => {
  test.each([
    ['everything, of who may', '{ me { name } inside }', nobody, 'everything'],
    ['nothing, of who may see none of it', '{ me { name } inside }', anonymous, 'nothing'],
    ['no field that is refused', '{ open inside me { id } }', anonymous, '{ open }'],
    ['no field of which all is refused', '{ open latest { by { name } item { grade } } }', anonymous, '{ open }'],
    ['one of its aliases like the other', '{ a: inside b: inside c: open }', anonymous, '{ c: open }'],
    ['scopes in any of the sets', '{ scoped open }', operator, 'everything'],
    ['scopes of one set together', '{ scoped open }', customer, 'everything'],
    ['scopes that are not there', '{ scoped open }', nobody, '{ open }'],
    ['policies', '{ policed open }', customer, '{ open }'],
    ['policies that nobody has evaluated', '{ strange open }', signedIn('ADMIN'), '{ open }'],
    ['a type and its field', '{ me { id email } }', operator, 'everything'],
    ['a type without its field', '{ me { id email } }', customer, '{ me { id } }'],
    [
      'an interface as strictly as its strictest type',
      '{ thing { sku rating } }',
      customer,
      '{ thing { typeOfObject: __typename sku } }',
    ],
    [
      'types of an interface each by their own rule',
      '{ thing { ... on Voucher { rating } ... on Item { rating } } }',
      customer,
      '{ thing { typeOfObject: __typename ... on Voucher { rating } } }',
    ],
    [
      'members of a union',
      '{ anything { ... on User { id } ... on Maker { name } } }',
      anonymous,
      '{ anything { typeOfObject: __typename ... on Maker { name } } }',
    ],
    ['that there is a member of a union', '{ anything { ... on User { __typename } } }', anonymous, 'nothing'],
    [
      '__typename where it may be',
      '{ thing { __typename rating } }',
      customer,
      '{ thing { typeOfObject: __typename __typename } }',
    ],
    [
      'fragments within fragments',
      'query Q { latest { ...A } open } fragment A on Sale { ...B sequence } fragment B on Sale { margin by { ...C } } fragment C on User { id }',
      anonymous,
      'query Q { latest { ...A } open } fragment A on Sale { sequence }',
    ],
    [
      'variables and fragments that are still of use',
      'query ($a: ID, $b: Int, $c: Boolean!) { thing(sku: $a) { name } sales(first: $b) { margin ...F @include(if: $c) } } fragment F on Sale { margin }',
      customer,
      'query ($a: ID, $b: Int) { thing(sku: $a) { typeOfObject: __typename name } sales(first: $b) { typeOfObject: __typename } }',
    ],
    [
      'a name of the client’s that is taken',
      '{ thing { typeOfObject: name rating } }',
      customer,
      '{ thing { typeOfObject_: __typename typeOfObject: name } }',
    ],
    ['values of a protected enum', '{ latest { item { grade sku } } }', anonymous, '{ latest { item { sku } } }'],
    [
      'what requires what is protected',
      '{ latest { item { shipping sku } } }',
      customer,
      '{ latest { item { sku } } }',
    ],
    [
      'what stands around something that may be left out',
      'query ($a: Boolean!) { latest { item { secret @include(if: $a) } } open }',
      anonymous,
      '{ latest { item { typeOfObject: __typename } } open }',
    ],
  ])('is %s', (_what, text, caller, expected) => {
    expect(partOf(text, caller)).toBe(expected);
  });

  test('is one and the same for all who may see the same', () => {
    const { document, operation } = operationIn(graph, '{ me { email } open }');
    const needs = access.needsOf(document, operation)!;
    expect(access.needsOf(document, operation)).toBe(needs);
    const [one, other] = [access.variantFor(needs, customer)!, access.variantFor(needs, nobody)!];
    expect(one).toBe(other);
    const third = access.variantOf(needs, one.key, false);
    expect(third.reason).toBe('UNAUTHENTICATED');
    expect(third.allowed).toBe(one.allowed);
    expect(access.variantFor(needs, operator)).toBeUndefined();
  });
});

describe('an error', () => {
  test.each([
    ['for each refused field', '{ a: inside me { id } open }', ['a', 'me']],
    [
      'without places in lists',
      '{ sales { by { id } anything { ... on User { id: name } } } }',
      ['sales.by', 'sales.anything.id'],
    ],
    ['once for what is asked for twice', '{ inside inside ... { inside } }', ['inside']],
    [
      'for each use of a fragment',
      '{ a: latest { ...F } b: latest { ...F } } fragment F on Sale { by { id } }',
      ['a.by', 'b.by'],
    ],
    ['not for what is left out', '{ inside @skip(if: true) me @include(if: false) { id } open }', []],
  ])('comes %s', (_what, text, expected) => {
    expect(refusedOf(text, anonymous)).toEqual(expected);
  });

  test('comes for what the variables ask for, whose defaults count', () => {
    const text = 'query ($a: Boolean = true, $b: Boolean!) { inside @include(if: $a) me @skip(if: $b) { id } }';
    expect(refusedOf(text, anonymous, { b: true })).toEqual(['inside']);
    expect(refusedOf(text, anonymous, { a: false, b: false })).toEqual(['me']);
    expect(refusedOf(text, anonymous, { a: false, b: true })).toEqual([]);
  });

  test('says whether signing in might help, and that asking again will not', () => {
    const codes = [anonymous, customer].map((caller) => refusalsOf(variantOf('{ policed }', caller)!, {})[0]!.toJSON());
    expect(codes).toEqual(
      ['UNAUTHENTICATED', 'FORBIDDEN'].map((reason) => ({
        message: 'Unauthorized field or type',
        path: ['policed'],
        extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE', retryable: false, reason },
      })),
    );
  });

  test('stands for the rest of very many', () => {
    const fragments = Array.from(
      { length: 25 },
      (_, index) =>
        `fragment F${index} on Maker { a: things { maker { ...F${index + 1} } } b: things { maker { ...F${index + 1} } } }`,
    );
    const text = `{ thing { maker { ...F0 } } } ${fragments.join(' ')} fragment F25 on Maker { things { rating } }`;
    const refused = refusedOf(text, customer);
    expect(refused).toHaveLength(201);
    expect(refused.at(-1)).toBeUndefined();
  });
});

test('a whole operation is refused for what is asked for of it, as one who might sign in or who may not', () => {
  const text = 'query ($a: Boolean!) { open policed @include(if: $a) }';
  const statusFor = (caller: Caller, a: boolean) => refusalOfAll(variantOf(text, caller)!, { a })?.status;
  expect([statusFor(anonymous, true), statusFor(customer, true), statusFor(customer, false)]).toEqual([
    401,
    403,
    undefined,
  ]);
});

describe('an answer', () => {
  async function answer(text: string, caller: Caller, data: unknown, variables = {}): Promise<ExecutionResult> {
    return access.answer(variantOf(text, caller)!, variables, async () => ({ data: data as Record<string, unknown> }));
  }

  test('has null in the place of what is refused, in the order of the operation', async () => {
    const { data } = await answer('{ inside open me { id } t: __typename }', anonymous, { open: 1, t: 'Query' });
    expect(JSON.stringify(data)).toBe('{"inside":null,"open":1,"me":null,"t":"Query"}');
  });

  test('has null around what must not be null', async () => {
    const text = '{ sales { margin sequence } latest { item { sku secret } } }';
    const { data } = await answer(text, anonymous, { sales: [{ sequence: 1 }], latest: { item: { sku: 'A' } } });
    expect(data).toBeNull();
    const inner = await answer('{ latest { item { secret sku } sequence } }', anonymous, {
      latest: { item: { sku: 'A' }, sequence: 1 },
    });
    expect(JSON.stringify(inner.data)).toBe('{"latest":{"item":null,"sequence":1}}');
  });

  test('has the fields of each object’s own type', async () => {
    const text = '{ things { rating ... on Item { cost name } ... on Voucher { code rating } } }';
    const { data } = await answer(text, customer, {
      things: [
        { typeOfObject: 'Item', name: 'Bar' },
        { typeOfObject: 'Voucher', code: 'X', rating: 3 },
      ],
    });
    expect(JSON.stringify(data)).toBe('{"things":[{"rating":null,"cost":null,"name":"Bar"},{"rating":3,"code":"X"}]}');
  });

  test('has nothing that was fetched for other reasons', async () => {
    const text = '{ latest { item { cost sku } } }';
    const { data } = await answer(text, customer, { latest: { item: { sku: 'A' } } });
    expect(data).toEqual({ latest: { item: { cost: null, sku: 'A' } } });
  });

  test('keeps names that JavaScript has a use for', async () => {
    const { data } = await answer('{ __proto__: inside constructor: open }', anonymous, { constructor: 1 });
    expect(JSON.stringify(data)).toBe('{"__proto__":null,"constructor":1}');
  });

  test('to which nothing is left asks no subgraph', async () => {
    const execute = jest.fn<() => Promise<ExecutionResult>>();
    const { data, errors } = await access.answer(variantOf('{ a: inside me { id } }', anonymous)!, {}, execute);
    expect(execute).not.toHaveBeenCalled();
    expect(data).toEqual({ a: null, me: null });
    expect(errors).toHaveLength(2);
  });

  test('keeps the errors of the rest', async () => {
    const failed = new Error('failed') as never;
    const { errors } = await access.answer(variantOf('{ inside open }', anonymous)!, {}, async () => ({
      data: { open: null },
      errors: [failed],
    }));
    expect(errors).toEqual([expect.objectContaining({ path: ['inside'] }), failed]);
  });

  test('to a mutation of which anything is refused is that nothing was done', async () => {
    const execute = jest.fn<() => Promise<ExecutionResult>>(async () => ({ data: { sell: { sequence: 1 } } }));
    const text = 'mutation ($a: Boolean!) { sell(sku: "A") { sequence item { cost @include(if: $a) } } }';
    const variant = variantOf(text, customer)!;
    expect(await access.answer(variant, { a: true }, execute)).toMatchObject({
      data: { sell: null },
      errors: [{ path: ['sell', 'item', 'cost'] }],
    });
    expect(execute).not.toHaveBeenCalled();
    expect(await access.answer(variant, { a: false }, execute)).toEqual({
      data: { sell: { sequence: 1, item: null } },
    });
  });
});
