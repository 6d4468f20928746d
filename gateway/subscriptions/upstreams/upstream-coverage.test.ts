import { expect, test } from '@jest/globals';
import { isCovered } from './upstream-coverage.ts';

const running =
  'subscription{sold(shelf: 1){item{__typename name_a1:name(upper: true) sku ...on Thing{weight__Thing:weight}} note}}';
const item = { to: 'article', from: 'item' };

test.each([
  ['what is the same', running, [{ to: 'sold', from: 'sold' }]],
  [
    'fewer fields, in other words',
    'subscription{sold(shelf: 1){item{name_a1:name(upper: true)}}}',
    [{ to: 'sold', from: 'sold', shape: [{ ...item, shape: [{ to: 'title', from: 'name_a1' }] }] }],
  ],
  [
    'a field of one type',
    'subscription{sold(shelf: 1){item{...on Thing{weight__Thing:weight}}}}',
    [{ to: 'sold', from: 'sold', shape: [{ ...item, shape: [{ to: 'weight', from: 'weight__Thing' }] }] }],
  ],
  [
    'more fields that nobody reads',
    'subscription{sold(shelf: 1){note stock}}',
    [{ to: 'sold', from: 'sold', shape: [{ to: 'note', from: 'note' }] }],
  ],
])('a subscription that runs tells %s', (_what, text, shape) => {
  expect(isCovered(running, { text, shape })).toBe(true);
});

test.each([
  [
    'a field that it does not ask for',
    'subscription{sold(shelf: 1){stock}}',
    [{ to: 'sold', from: 'sold', shape: [{ to: 'stock', from: 'stock' }] }],
  ],
  [
    'a field below that it does not ask for',
    'subscription{sold(shelf: 1){item{colour}}}',
    [{ to: 'sold', from: 'sold', shape: [{ ...item, shape: [{ to: 'colour', from: 'colour' }] }] }],
  ],
  [
    'the same field with other arguments',
    'subscription{sold(shelf: 1){item{name_b2:name(upper: false)}}}',
    [{ to: 'sold', from: 'sold', shape: [{ ...item, shape: [{ to: 'title', from: 'name_b2' }] }] }],
  ],
  [
    'the same of another subject',
    'subscription{sold(shelf: 2){note}}',
    [{ to: 'sold', from: 'sold', shape: [{ to: 'note', from: 'note' }] }],
  ],
  [
    'another subscription',
    'subscription{bought(shelf: 1){note}}',
    [{ to: 'bought', from: 'bought', shape: [{ to: 'note', from: 'note' }] }],
  ],
])('it does not tell %s', (_what, text, shape) => {
  expect(isCovered(running, { text, shape })).toBe(false);
});
