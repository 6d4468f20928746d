import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { instantOfText } from './instant-of-text.ts';

const shown = (text: string) => {
  const instant = instantOfText(text);
  return instant === undefined ? undefined : new Date(instant).toISOString();
};

describe('times of a file', () => {
  test.each([
    ['2014-05-01', '2014-05-01T00:00:00.000Z'],
    ['1833-01-01', '1833-01-01T00:00:00.000Z'],
    ['2014-05-01T00:01Z', '2014-05-01T00:01:00.000Z'],
    ['2014-05-01 00:01:02Z', '2014-05-01T00:01:02.000Z'],
    ['2014-05-02T12:00:00.010956Z', '2014-05-02T12:00:00.010Z'],
    ['2014-05-02T12:00:00.5+02:00', '2014-05-02T10:00:00.500Z'],
    ['2014-05-02T12:00-0530', '2014-05-02T17:30:00.000Z'],
  ])('%s is %s', (text, instant) => expect(shown(text)).toBe(instant));

  test.each([
    '',
    'yesterday',
    '2014-02-30',
    '2014-13-01',
    '2014-05-01T24:00Z',
    '2014-05-01T00:60Z',
    '2014-05-01T00:00:60Z',
    '2014-05-01T00:00+24:00',
    '01/05/2014',
    '1398902400',
    '0099-01-01',
    '2014-05-01T00:00',
  ])('"%s" is refused: it is no time, or does not say of which zone', (text) => {
    expect(instantOfText(text)).toBeUndefined();
  });

  test('every instant is read back as it was written', () => {
    const dates = fc.date({
      min: new Date('1000-01-01T00:00:00Z'),
      max: new Date('2999-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(dates, (date) => expect(instantOfText(date.toISOString())).toBe(date.getTime())));
  });
});
