import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createDeadlines } from './deadlines.ts';

test('what is due is given up soon after, once, and what has come to its end is not', async () => {
  const deadlines = createDeadlines();
  const given: string[] = [];
  const inMs = (ms: number, name: string) => ({
    deadline: performance.now() + ms,
    giveUp: () => void given.push(name),
  });
  const [late, soon, done] = [inMs(60, 'late'), inMs(1, 'soon'), inMs(1, 'done')];
  for (const due of [late, soon, done]) deadlines.add(due);
  deadlines.delete(done);
  while (given.length === 0) await wait(1);
  expect(given).toEqual(['soon']);
  expect(performance.now()).toBeGreaterThanOrEqual(soon.deadline);
  while (given.length === 1) await wait(1);
  expect(given).toEqual(['soon', 'late']);
  expect(performance.now()).toBeGreaterThanOrEqual(late.deadline);
});

test('what is added when nothing was left is seen to as well', async () => {
  const deadlines = createDeadlines();
  for (let round = 0; round < 3; round += 1) {
    await new Promise<void>((giveUp) => deadlines.add({ deadline: performance.now(), giveUp }));
    await wait(30);
  }
});
