import { expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

test('clients that are asked to leave last have time to do so before the process ends itself', () => {
  expect(() => readConfig({})).not.toThrow();
  expect(() => readConfig({ SHUTDOWN_TIMEOUT_MS: '30000', SHUTDOWN_SPREAD_MS: '24000' })).not.toThrow();
  expect(() => readConfig({ SHUTDOWN_SPREAD_MS: '8000' })).toThrow('SHUTDOWN_SPREAD_MS: must be at least 6000 less');
});

test('in production the schema is not told, neither by introspection nor by suggestions, unless that is asked for', () => {
  const production = { NODE_ENV: 'production', GATEWAY_SECRET: 'x'.repeat(32), AUTH_JWKS_URL: 'http://auth/jwks.json' };
  expect(readConfig({})).toMatchObject({ EXPLORER: true, SUGGESTIONS: true });
  expect(readConfig(production)).toMatchObject({ EXPLORER: false, SUGGESTIONS: false });
  expect(readConfig({ ...production, EXPLORER: 'true' })).toMatchObject({ EXPLORER: true, SUGGESTIONS: false });
});
