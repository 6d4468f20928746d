import { describe, expect, test } from '@jest/globals';
import { readEnvironment } from './environment.ts';
import { createSecretCheck, gatewaySecrets } from './gateway-secret.ts';
import { processSettings, readProcessConfig } from './service-settings.ts';

const [old, next] = ['the secret that has been used so far', 'the secret that is to be used now on'];
const read = (GATEWAY_SECRET?: string) =>
  readEnvironment('a test', { GATEWAY_SECRET: gatewaySecrets() }, { GATEWAY_SECRET }).GATEWAY_SECRET;

describe('the secret of the gateway', () => {
  test('is one, or two while it is being changed', () => {
    expect(read()).toBeUndefined();
    expect(read(old)).toEqual([old]);
    expect(read(`${old}, ${next}`)).toEqual([old, next]);
  });

  test.each([
    ['short', 'too short', 'at least 32'],
    ['short beside a good one', `${old},short`, 'at least 32'],
    ['one of three', `${old},${next},${old}`, 'two secrets at most'],
    ['what no header can carry', `${old}é`, 'ASCII'],
  ])('is not %s', (_name, secret, problem) => {
    expect(() => read(secret)).toThrow(problem);
  });

  test('is asked for in production', () => {
    const start = (environment: Record<string, string>) => readProcessConfig('a test', processSettings(1), environment);
    expect(() => start({ NODE_ENV: 'production' })).toThrow('GATEWAY_SECRET: is required in production');
    expect(start({ NODE_ENV: 'production', GATEWAY_SECRET: old }).GATEWAY_SECRET).toEqual([old]);
    expect(start({ NODE_ENV: 'development' }).GATEWAY_SECRET).toBeUndefined();
  });

  test('is changed without a request that is refused', () => {
    const rollouts = [old, `${old},${next}`, `${next},${old}`, next].map((setting) => read(setting)!);
    for (const [at, subgraph] of rollouts.entries()) {
      // During a rollout some processes have the setting before, and some the one after.
      const gateways = rollouts.slice(Math.max(0, at - 1), at + 2);
      for (const [sent] of gateways) expect(createSecretCheck(subgraph)(sent)).toBe(true);
    }
    expect(createSecretCheck(rollouts.at(-1))(old)).toBe(false);
  });

  test.each([undefined, '', 'x', `${old} `, old.toUpperCase(), [old], { old }, null, 0])('is not %j', (given) => {
    expect(createSecretCheck([old, next])(given)).toBe(false);
  });
});
