import { describe, expect, test } from '@jest/globals';
import { EnvironmentError, flag, readEnvironment, urlOf, wholeNumber } from './environment.ts';

const settings = {
  PORT: wholeNumber({ max: 65535 }).default(4000),
  REDIS_URL: urlOf(['redis']),
  VERBOSE: flag().default(false),
};

describe('the environment of a service', () => {
  test('gives defaults for what is unset or empty', () => {
    expect(readEnvironment('test', settings, { REDIS_URL: 'redis://here:1', PORT: '' })).toEqual({
      PORT: 4000,
      REDIS_URL: 'redis://here:1',
      VERBOSE: false,
    });
  });

  test('names all its problems at once', () => {
    const read = () => readEnvironment('test', settings, { PORT: '70000', VERBOSE: 'yes' });
    expect(read).toThrow(EnvironmentError);
    expect(read).toThrow(
      [
        'The environment of test is not usable:',
        '  PORT: must be at most 65535',
        '  REDIS_URL: is required',
        '  VERBOSE: must be true or false',
      ].join('\n'),
    );
  });

  test('refuses a URL of another scheme', () => {
    expect(() => readEnvironment('test', settings, { REDIS_URL: 'http://here' })).toThrow(
      'REDIS_URL: must be a URL that begins with redis://',
    );
  });
});
