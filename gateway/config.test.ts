import { expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

test('clients that are asked to leave last have time to do so before the process ends itself', () => {
  expect(() => readConfig({})).not.toThrow();
  expect(() => readConfig({ SHUTDOWN_TIMEOUT_MS: '30000', SHUTDOWN_SPREAD_MS: '24000' })).not.toThrow();
  expect(() => readConfig({ SHUTDOWN_SPREAD_MS: '8000' })).toThrow('SHUTDOWN_SPREAD_MS: must be at least 6000 less');
});
