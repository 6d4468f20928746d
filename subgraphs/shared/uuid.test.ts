import { expect, test } from '@jest/globals';
import { isUuid } from './uuid.ts';

test.each([
  ['0198a000-0000-7000-8000-000000000001', true],
  ['0198A000-0000-7000-8000-00000000000A', true],
  ['', false],
  ['0198a000', false],
  ["x' OR 1=1", false],
  ['0198a000-0000-7000-8000-000000000001 ', false],
])('%j is a UUID: %s', (text, is) => {
  expect(isUuid(text)).toBe(is);
});
