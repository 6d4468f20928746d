import { describe, expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

const database = { ORDER_DATABASE_URL: 'postgresql://127.0.0.1/order' };

describe('the settings', () => {
  test('name everything that is missing', () => {
    expect(() => readConfig({})).toThrow(/ORDER_DATABASE_URL: is required[^]*QUOTE_VERIFICATION_KEYS: is required/);
  });

  test.each(['', 'nonsense', ','])('refuse %j as keys of quotes', (QUOTE_VERIFICATION_KEYS) => {
    expect(() => readConfig({ ...database, QUOTE_VERIFICATION_KEYS })).toThrow('QUOTE_VERIFICATION_KEYS');
  });
});
