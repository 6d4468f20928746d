import { describe, expect, test } from '@jest/globals';
import { passwordProblem } from './password-rules.ts';

const problem = (password: string, email = 'grace@example.com', refused: string[] = []) =>
  passwordProblem(password, { email, refused });

describe('a password', () => {
  test.each([
    'gold-development',
    'twelve chars',
    '            x',
    'пароль из слов',
    '🔑🗝🔐🔒🔓🔏🚪🧱🏦💰🪙📈',
    'x1'.padEnd(256, 'yz9'),
  ])('of any characters is taken when it is long enough: %s', (password) => {
    expect(problem(password)).toBeUndefined();
  });

  test.each(['', 'eleven char', '🔑'.repeat(11), 'x1'.padEnd(257, 'yz9')])(
    'is not too short or too long (%#)',
    (password) => {
      expect(problem(password)).toBe('must have 12 to 256 characters');
    },
  );

  test.each(['Password1234', 'QWERTYUIOP123', 'aaaaaaaaaaaa', 'abcabcabcabc', 'PasswordPassword', '121212121212'])(
    'is not one that is guessed first: %s',
    (password) => {
      expect(problem(password)).toMatch('guessed first');
    },
  );

  test('is not the e-mail address, however it is typed', () => {
    expect(problem(' Grace@EXAMPLE.com', 'grace@example.com ')).toBe('must not be the e-mail address');
  });

  test('is not one that is refused where it is used', () => {
    expect(problem('Gold-Development', undefined, ['gold-development'])).toMatch('guessed first');
  });
});
