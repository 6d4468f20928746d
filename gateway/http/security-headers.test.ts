import { expect, test } from '@jest/globals';
import { createSecurityHeaders, pageSecurityHeaders } from './security-headers.ts';

test('an answer is no page, no script and in no frame, and is loaded by no other site', () => {
  const { record, list } = createSecurityHeaders({ strictTransportSeconds: 0 });
  expect(record).toEqual({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(list).toEqual(Object.entries(record).flat());
});

test('browsers are kept to HTTPS only where that was asked for', () => {
  const { record } = createSecurityHeaders({ strictTransportSeconds: 31_536_000 });
  expect(record['strict-transport-security']).toBe('max-age=31536000');
});

test('a page keeps its own policy', () => {
  expect(pageSecurityHeaders("default-src 'self'")).toMatchObject({
    'content-security-policy': "default-src 'self'",
    'x-frame-options': 'DENY',
  });
});
