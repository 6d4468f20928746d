import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonText, stringText } from './json-text.ts';

test('the JSON of any string is what JSON.stringify writes, lone halves of surrogate pairs included', () => {
  const strings = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 60 }),
  );
  fc.assert(fc.property(strings, (value) => expect(stringText(value)).toBe(JSON.stringify(value))));
});

test('so is the JSON of any value that was parsed from JSON', () => {
  const values = fc.oneof(fc.json(), fc.constantFrom('-0', '1e999', '-1e999', '1e21', '1e-7', 'null', '[1e999]'));
  fc.assert(
    fc.property(values, (json) => {
      const value: unknown = JSON.parse(json);
      expect(jsonText(value)).toBe(JSON.stringify(value));
    }),
  );
});
