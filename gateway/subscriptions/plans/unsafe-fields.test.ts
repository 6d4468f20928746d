import { expect, test } from '@jest/globals';
import { costlyFields, createUnsafeFields } from './unsafe-fields.ts';

const beside = new Set(['price.currency', 'price.instrument.name']);
const failed = (...path: (string | number)[]) => ({ message: 'failed', path });

test('a field that is null alone has cost nothing', () => {
  const event = { data: { price: { bid: '1', currency: null } }, errors: [failed('price', 'currency')] };
  expect(costlyFields(event, beside)).toEqual([]);
});

test('a field that must not be null costs what it belongs to, however far up', () => {
  const errors = [failed('price', 'instrument', 'name')];
  expect(costlyFields({ data: { price: { instrument: null } }, errors }, beside)).toEqual(['price.instrument.name']);
  expect(costlyFields({ data: { price: null }, errors }, beside)).toEqual(['price.instrument.name']);
  expect(costlyFields({ data: null, errors }, beside)).toEqual(['price.instrument.name']);
});

test('what clients want themselves may cost what it will', () => {
  expect(costlyFields({ data: null, errors: [failed('price', 'convert')] }, beside)).toEqual([]);
  expect(costlyFields({ data: null, errors: [{ message: 'no path' }] }, beside)).toEqual([]);
});

test('is known for its subgraph, and for ten minutes', () => {
  let now = 0;
  const unsafe = createUnsafeFields(() => now);
  const fresh = unsafe.version('market-data', 'price');
  unsafe.add('market-data', ['price.currency']);
  unsafe.add('market-data', ['price.mid']);
  expect(unsafe.has('market-data', 'price.currency')).toBe(true);
  expect(unsafe.has('market-data', 'price.mid')).toBe(true);
  expect(unsafe.has('pricing', 'price.currency')).toBe(false);
  expect(unsafe.version('market-data', 'price')).not.toBe(fresh);
  expect(unsafe.version('market-data', 'candle')).toBe(fresh);
  now = 600_001;
  expect(unsafe.has('market-data', 'price.currency')).toBe(false);
  expect(unsafe.version('market-data', 'price')).toBe(fresh);
});
