import { expect, test } from '@jest/globals';
import { createTurns } from './turns.ts';

const never = new AbortController().signal;

test('so many have a turn at the same time, and the next one when a turn ends', async () => {
  const turns = createTurns(2, 10_000);
  const [first] = [await turns.take(never), await turns.take(never)];
  let hasThird = false;
  const third = turns.take(never).then(() => (hasThird = true));
  await new Promise(setImmediate);
  expect(hasThird).toBe(false);
  first!();
  first!();
  await third;
});

test('turns that end together are handed over one by one, before who comes later', async () => {
  const turns = createTurns(3, 10_000);
  const ends = [await turns.take(never), await turns.take(never), await turns.take(never)];
  const begun: number[] = [];
  for (const name of [1, 2, 3, 4]) void turns.take(never).then(() => begun.push(name));
  for (const end of ends) end!();
  void turns.take(never).then(() => begun.push(5));
  await new Promise(setImmediate);
  expect(begun).toEqual([1, 2, 3]);
});

test('a turn is over by itself after a while', async () => {
  const turns = createTurns(1, 20);
  await turns.take(never);
  expect(await turns.take(never)).toBeInstanceOf(Function);
});

test('who gives up waiting does not keep the turn from the next', async () => {
  const turns = createTurns(1, 10_000);
  const end = (await turns.take(never))!;
  const impatient = new AbortController();
  const given = turns.take(impatient.signal);
  const patient = turns.take(never);
  impatient.abort();
  end();
  expect(await given).toBeUndefined();
  expect(await patient).toBeInstanceOf(Function);
});
