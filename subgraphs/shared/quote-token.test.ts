import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { createQuoteSigner, createQuoteVerifier, publicKeyOf, type QuoteTerms } from './quote-token.ts';

const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64');

const terms: QuoteTerms = {
  quoteId: randomUUID(),
  customerId: randomUUID(),
  sku: 'BAR-100G',
  side: 'BUY',
  quantity: 2,
  currency: 'USD',
  unitPrice: '13500.10',
  total: '27000.20',
  lines: [{ stage: 'METAL_VALUE', label: '200 g of gold', amount: '27000.20', ruleCode: null, ruleVersion: null }],
  symbol: 'XAU-USD',
  sequence: 4711,
  couponCode: null,
  createdAt: 1_790_000_000_000,
  expiresAt: 1_790_000_060_000,
};

describe('a quote token', () => {
  const key = newKey();
  const token = createQuoteSigner(key).sign(terms);

  test('says what was quoted, long after it has expired too', () => {
    expect(createQuoteVerifier([publicKeyOf(key)]).verify(token)).toEqual(terms);
  });

  test('is believed under any of several keys, while keys are being changed', () => {
    expect(createQuoteVerifier([publicKeyOf(newKey()), publicKeyOf(key)]).verify(token)).toEqual(terms);
  });

  test.each([
    ['signed by somebody else', createQuoteSigner(newKey()).sign(terms)],
    ['changed on the way', token.replace(/\.(.)/, (_all, letter) => `.${letter === 'A' ? 'B' : 'A'}`)],
    ['not signed at all', jwt.sign({ ...terms }, null, { algorithm: 'none' })],
    ['signed with the public key as a password', jwt.sign({ ...terms }, publicKeyOf(key), { algorithm: 'HS256' })],
    ['no token', 'gold'],
    ['empty', ''],
  ])('that is %s is worth nothing', (_name, wrong) => {
    expect(createQuoteVerifier([publicKeyOf(key)]).verify(wrong)).toBeUndefined();
  });
});
