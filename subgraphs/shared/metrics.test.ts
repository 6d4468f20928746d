import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { histogram, plainHistogram } from './metrics.ts';

const buckets = [0.5, 1, 10];
const observed = [
  ['a', 0.25],
  ['a', 0.5],
  ['b', 10],
  ['a', 11],
  ['a', 3],
] as const;

/** Prometheus text with the labels of each line in one order, which means nothing. */
const inOrder = (text: string) =>
  text.replaceAll(/\{(.*)\}/g, (_braces, labels: string) => `{${labels.split(',').toSorted().join()}}`);

test('a plain histogram tells exactly what one of prom-client would', async () => {
  const [plain, usual] = [new Registry(), new Registry()];
  for (const registry of [plain, usual]) registry.setDefaultLabels({ service: 'test' });
  const observerOf = plainHistogram<'name'>(plain, 'gold_test', 'What is tested', buckets);
  const observers = { a: observerOf({ name: 'a' }), b: observerOf({ name: 'b' }) };
  const other = histogram(usual, 'gold_test', 'What is tested', { labelNames: ['name'], buckets });
  for (const [name, value] of observed) {
    observers[name](value);
    other.observe({ name }, value);
  }
  expect(inOrder(await plain.metrics())).toBe(inOrder(await usual.metrics()));
  // Which also has places for exemplars, all of them empty.
  expect(await usual.getMetricsAsJSON()).toMatchObject(await plain.getMetricsAsJSON());
});

test('a plain histogram goes on where it was for who asks for the same labels again, and begins anew when it is reset', async () => {
  const registry = new Registry();
  const observerOf = plainHistogram(registry, 'gold_test', 'What is tested', buckets);
  observerOf({})(1);
  const observe = observerOf({});
  observe(2);
  expect(await registry.metrics()).toContain('gold_test_count 2');
  registry.resetMetrics();
  observe(3);
  expect(await registry.metrics()).toContain('gold_test_count 1');
});
