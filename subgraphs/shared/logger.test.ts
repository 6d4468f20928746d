import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { withCorrelation } from './correlation.ts';
import { createLogger } from './logger.ts';

function logging(write: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  const lines: string[] = [];
  const to = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
  write(createLogger({ service: 'test', level: 'info', to }));
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}

test('a line carries the correlation id of what is under way', () => {
  expect(logging((logger) => withCorrelation('request-1', () => logger.info('hello')))).toMatchObject({
    name: 'test',
    level: 30,
    msg: 'hello',
    correlationId: 'request-1',
  });
});

test('a line names the trace that its request belongs to, where there is one', () => {
  const line = logging((logger) => withCorrelation('request-1', () => logger.info('hello'), 'trace-1'));
  expect(line).toMatchObject({ correlationId: 'request-1', traceId: 'trace-1' });
  expect(logging((logger) => withCorrelation('request-1', () => logger.info('hello')))).not.toHaveProperty('traceId');
});

test('secrets never reach the log, however deep they stand', () => {
  const line = logging((logger) =>
    logger.info({ password: 'a', input: { totpCode: 'b', nested: { accessToken: 'c', kept: 'd' } } }, 'signing in'),
  );
  expect(line).toMatchObject({
    password: '[redacted]',
    input: { totpCode: '[redacted]', nested: { accessToken: '[redacted]', kept: 'd' } },
  });
});
