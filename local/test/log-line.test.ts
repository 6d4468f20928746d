import { describe, expect, it } from '@jest/globals';
import { describeLogLine } from '../log-line.ts';

const stdout = { stream: 'stdout', verbose: false } as const;

describe('a log line on the console', () => {
  it('is shown in one readable line from a warning on', () => {
    const line = JSON.stringify({
      level: 50,
      time: 1,
      msg: 'feed lost',
      err: { type: 'Error', message: 'reset\n\nby peer' },
    });
    expect(describeLogLine('market-data', line, stdout)).toBe('market-data | error: feed lost: reset by peer');
  });

  it('is kept to the log file when it is less than a warning, unless asked for', () => {
    const line = JSON.stringify({ level: 30, msg: 'listening' });
    expect(describeLogLine('order', line, stdout)).toBeUndefined();
    expect(describeLogLine('order', line, { ...stdout, verbose: true })).toBe('order | info: listening');
  });

  it('is shown as it is when a crash wrote it', () => {
    expect(describeLogLine('order', 'SyntaxError: x', { stream: 'stderr', verbose: false })).toBe(
      'order | SyntaxError: x',
    );
  });
});
