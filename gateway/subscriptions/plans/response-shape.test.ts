import { describe, expect, test } from '@jest/globals';
import { shaped, shapedErrors, type Shape } from './response-shape.ts';

/** `p: price { amount: value }` and `price { value history { at } }` */
const shape: Shape = [
  { to: 'p', from: 'price', shape: [{ to: 'amount', from: 'value' }] },
  {
    to: 'price',
    from: 'price',
    shape: [
      { to: 'value', from: 'value' },
      { to: 'history', from: 'history', shape: [{ to: 'at', from: 'at' }] },
    ],
  },
];

describe('an answer in the words of an operation', () => {
  test('has the fields that it asked for, under its names, in its order', () => {
    const data = { price: { history: [{ at: 1, of: 2 }, null], other: 3, value: '2400' } };
    expect(JSON.stringify(shaped(data, shape))).toBe(
      '{"p":{"amount":"2400"},"price":{"value":"2400","history":[{"at":1},null]}}',
    );
  });

  test('is a copy: to change it does not change what others are answered from', () => {
    const data = { price: { value: '2400', history: [{ at: 1 }] } };
    const before = structuredClone(data);
    const { price } = shaped(data, shape) as typeof data;
    price.history[0]!.at = 2;
    price.value = '0';
    expect(data).toEqual(before);
  });

  test('knows null from what is not there', () => {
    expect({ ...shaped({ price: null }, shape) }).toEqual({ p: null, price: null });
    expect({ ...shaped({}, shape) }).toEqual({});
  });

  const inTwoPlaces: Shape = [
    { to: 'item', from: 'item', shape: [{ to: 'sku', from: 'sku' }] },
    { to: 'item', from: 'item__Coin', shape: [{ to: 'year', from: 'year' }] },
  ];

  test('joins a field that was selected in two places, objects of lists too', () => {
    const data = { item: [{ sku: 'A' }, { sku: 'B' }], item__Coin: [{ year: 1 }, { year: 2 }] };
    expect(JSON.stringify(shaped(data, inTwoPlaces))).toBe('{"item":[{"sku":"A","year":1},{"sku":"B","year":2}]}');
  });

  test('has null for such a field when one of the places has failed, whichever', () => {
    expect({ ...shaped({ item: null, item__Coin: { year: 1 } }, inTwoPlaces) }).toEqual({ item: null });
    expect({ ...shaped({ item: { sku: 'A' }, item__Coin: null }, inTwoPlaces) }).toEqual({ item: null });
  });

  test('may use names that mean something to JavaScript, without harm', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const hostile: Shape = names.map((to) => ({ to, from: 'item', shape: [{ to: 'polluted', from: 'sku' }] }));
    const answer = JSON.stringify(shaped({ item: { sku: 'A' } }, hostile));
    expect(answer).toBe(`{${names.map((name) => `"${name}":{"polluted":"A"}`).join(',')}}`);
    expect([{}, Object, Object.prototype.toString].some((each) => 'polluted' in each)).toBe(false);
  });
});

describe('errors in the words of an operation', () => {
  const pathsOf = (path: (string | number)[] | undefined, data?: Record<string, unknown>) =>
    shapedErrors([{ message: 'no', ...(path && { path }) }], shape, data).map((error) => error.path);

  test('have the path of each field that took the value', () => {
    expect(pathsOf(['price', 'value'])).toEqual([
      ['p', 'amount'],
      ['price', 'value'],
    ]);
    expect(pathsOf(['price', 'history', 3, 'at'])).toEqual([['price', 'history', 3, 'at']]);
    expect(pathsOf(['price'])).toEqual([['p'], ['price']]);
  });

  test('do not tell of what was not asked for', () => {
    expect(pathsOf(['price', 'other'], { price: { value: '1', other: null } })).toEqual([]);
    expect(pathsOf(['other'])).toEqual([]);
  });

  test('tell of what was not asked for where it has cost what was', () => {
    expect(pathsOf(['price', 'other'], { price: null })).toEqual([['p'], ['price']]);
    expect(pathsOf(['price', 'history', 1, 'other'], { price: { history: [{ at: 1 }, null] } })).toEqual([
      ['price', 'history', 1],
    ]);
    const noData = shapedErrors([{ message: 'no', path: ['price', 'other'] }], shape, null);
    expect(noData.map(({ path }) => path)).toEqual([['p'], ['price']]);
  });

  test('concern everybody without a path, and keep message and extensions', () => {
    const error = { message: 'away', extensions: { code: 'SUBGRAPH_UNAVAILABLE' } };
    expect(shapedErrors([error], shape)).toEqual([error]);
    const refused = { message: 'no', path: ['price', 'history'], extensions: { code: 'FORBIDDEN' } };
    expect(shapedErrors([refused], shape)).toEqual([refused]);
  });

  test('are told once, although the value was asked for in two places', () => {
    const twice: Shape = [
      { to: 'item', from: 'item', shape: [] },
      { to: 'item', from: 'item', shape: [] },
      { to: 'item', from: 'item__Coin', shape: [] },
    ];
    const errors = ['item', 'item__Coin'].map((name) => ({ message: 'no', path: [name] }));
    expect(shapedErrors(errors, twice)).toEqual([{ message: 'no', path: ['item'] }]);
  });
});
