import { describe, expect, test } from '@jest/globals';
import { readProfile } from './profile.ts';

const email = 'grace@example.com';
const fieldsOf = (given: Parameters<typeof readProfile>[0]) => {
  const read = readProfile(given);
  return 'issues' in read ? read.issues.map(({ field }) => field) : [];
};

describe('a profile', () => {
  test('has an address and a language at least', () => {
    expect(readProfile({ email })).toEqual({ profile: { email, name: null, locale: 'en', phone: null } });
    expect(readProfile({ email: ` ${email}`, name: ' ', locale: '', phone: '' })).toEqual(readProfile({ email }));
  });

  test.each([
    ['EN-gb', 'en-GB'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['fa', 'fa'],
  ])('has its language in the canonical form: %s is %s', (locale, canonical) => {
    expect(readProfile({ email, locale })).toMatchObject({ profile: { locale: canonical } });
  });

  test.each([
    'plain',
    '@example.com',
    'a@b',
    'a b@example.com',
    'a@example.com\u0000',
    `${'x'.repeat(250)}@example.com`,
  ])('has no address like %j', (wrong) => {
    expect(fieldsOf({ email: wrong })).toEqual(['email']);
  });

  test.each(['+15005550006', '+1 (500) 555-0006', '+98 21 1234 5678'])('has a telephone number like %s', (phone) => {
    expect(fieldsOf({ email, phone })).toEqual([]);
  });

  test.each(['5005550006', '+0123456789', '+1', '+1234567890123456', 'tel:+15005550006'])(
    'has no telephone number like %s',
    (phone) => {
      expect(fieldsOf({ email, phone })).toEqual(['phone']);
    },
  );

  test.each(['x', 'english', 'en_GB', 'en-', 'x'.repeat(40), '\u0000'])('has no language like %j', (locale) => {
    expect(fieldsOf({ email, locale })).toEqual(locale === 'english' ? [] : ['locale']);
  });

  test.each(['a\u0000b', 'a\nb', '\ud800', 'x'.repeat(201)])('has no name like %j', (name) => {
    expect(fieldsOf({ email, name })).toEqual(['name']);
  });
});
