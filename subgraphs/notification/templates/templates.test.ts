import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { timeText, moneyText } from './format.ts';
import { escapeHtml, htmlMail, textMail } from './mail-layout.ts';
import { defineTemplate, fallbacks } from './template.ts';

const greeting = defineTemplate(z.object({ name: z.string() }), {
  en: ({ name }) => content(`Hello ${name}`),
  fa: ({ name }) => content(`سلام ${name}`),
  'pt-BR': ({ name }) => content(`Oi ${name}`),
});

const content = (title: string) => ({ title, body: '', sms: '', details: [] });

describe('a template', () => {
  test('takes the words of the closest wider locale, at last the English ones', () => {
    const title = (locale: string) => greeting({ name: 'Ada' }, locale).title;
    expect(['fa-IR', 'fa', 'pt-BR', 'pt-PT', 'de', ''].map(title)).toEqual([
      'سلام Ada',
      'سلام Ada',
      'Oi Ada',
      'Hello Ada',
      'Hello Ada',
      'Hello Ada',
    ]);
    expect(fallbacks('fa-Arab-IR')).toEqual(['fa-Arab-IR', 'fa-Arab', 'fa']);
  });

  test('is written for a locale that is no language tag', () => {
    expect(greeting({ name: 'Ada' }, 'not a locale').title).toBe('Hello Ada');
  });

  test('refuses data that is not what it needs', () => {
    expect(() => greeting({ nickname: 'Ada' }, 'en')).toThrow();
  });
});

test('money is exact, whatever its length', () => {
  const money = { amount: '12345678901234567.89', currency: 'USD' };
  expect(moneyText(money, 'en')).toBe('$12,345,678,901,234,567.89');
  expect(moneyText({ amount: '4657510000', currency: 'IRR' }, 'en')).toMatch(/4,657,510,000$/);
});

test('a time says that it is UTC', () => {
  expect(timeText('2026-11-20T10:45:00.000Z', 'en-GB')).toBe('20 Nov 2026, 10:45 UTC');
});

test('nothing in an e-mail is markup but its layout', () => {
  expect(escapeHtml(`<a href="x" title='y'>&`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;');
  const hostile = { title: '<b>', body: '<i>', sms: '', details: [['<u>', '<s>']] as [string, string][] };
  expect(htmlMail(hostile, '"><script>')).not.toMatch(/<(b|i|u|s|script)>/);
  expect(textMail(hostile)).toBe('<b>\n\n<i>\n\n<u>: <s>\n');
});
