import { describe, expect, test } from '@jest/globals';
import { createPasswords } from './passwords.ts';

describe('a password', () => {
  const passwords = createPasswords();

  test('matches its own hash only, and never no hash', async () => {
    const [one, other] = await Promise.all([passwords.hash('four small words'), passwords.hash('four small words')]);
    expect(one).not.toBe(other);
    expect(await passwords.matches('four small words', one)).toBe(true);
    expect(await passwords.matches('four small wordS', one)).toBe(false);
    expect(await passwords.matches('four small words', undefined)).toBe(false);
  });

  test('costs as much work to refuse where nobody has the address', async () => {
    const hash = await passwords.hash('four small words');
    const quickest = async (given: string | undefined) => {
      const times: number[] = [];
      for (let round = 0; round < 8; round++) {
        const begun = performance.now();
        await passwords.matches('wrong', given);
        times.push(performance.now() - begun);
      }
      return Math.min(...times);
    };
    const [known, unknown] = [await quickest(hash), await quickest(undefined)];
    expect(unknown / known).toBeGreaterThan(0.4);
    expect(unknown / known).toBeLessThan(2.5);
  });
});
