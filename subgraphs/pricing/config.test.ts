import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.ts';

const environment = { PRICING_DATABASE_URL: 'postgresql://127.0.0.1/pricing', NODE_ENV: 'test' };
const keyOf = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');

describe('the key that quotes are signed with', () => {
  it('is taken as a P-256 key', () => {
    expect(readConfig({ ...environment, QUOTE_SIGNING_KEY: keyOf('P-256') })).toMatchObject({ QUOTE_TTL_SECONDS: 60 });
  });

  it.each([
    ['is missing', undefined],
    ['is no key', 'bm8ga2V5'],
    ['is of another curve', keyOf('P-384')],
  ])('stops the start when it %s', (_why, QUOTE_SIGNING_KEY) => {
    expect(() => readConfig({ ...environment, QUOTE_SIGNING_KEY })).toThrow('QUOTE_SIGNING_KEY');
  });
});
