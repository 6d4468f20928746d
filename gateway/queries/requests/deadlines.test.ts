import { expect, test } from '@jest/globals';
import { createDeadlines } from './deadlines.ts';

test('what is due is given up, not before its time; what is not due or has come to its end is not', async () => {
  const deadlines = createDeadlines();
  const given: string[] = [];
  const due = (name: string, inMs: number) => ({
    deadline: performance.now() + inMs,
    giveUp: () => void given.push(name),
  });
  const [never, done] = [due('never', 3_600_000), due('done', 1)];
  deadlines.add(never);
  deadlines.add(done);
  deadlines.delete(done);
  const deadline = performance.now() + 20;
  const at = await new Promise<number>((resolve) =>
    deadlines.add({ deadline, giveUp: () => resolve(performance.now()) }),
  );
  expect(at).toBeGreaterThanOrEqual(deadline);
  expect(given).toEqual([]);
  deadlines.delete(never);
});

test('what is added when nothing was left is seen to as well', async () => {
  const deadlines = createDeadlines();
  for (let round = 0; round < 3; round += 1)
    await new Promise<void>((giveUp) => deadlines.add({ deadline: performance.now(), giveUp }));
});
