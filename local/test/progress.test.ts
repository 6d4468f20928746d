import { describe, expect, it } from '@jest/globals';
import { createProgress } from '../progress.ts';

const record = (isTerminal: boolean) => {
  const written: string[] = [];
  return { written, progress: createProgress({ write: (text) => written.push(text), isTerminal }) };
};

describe('the meter of a long work', () => {
  it('is one line on a terminal, drawn anew and gone at the end', () => {
    const { written, progress } = record(true);
    const meter = progress.meter({ total: 1_500_000, before: 0 });
    meter.at(795_000);
    const [drawn] = written;
    expect(drawn!.startsWith('\r\x1b[K')).toBe(true);
    expect(drawn).toMatch(/\[█{12}░{12}\] 53 %, 795,000 of 1,500,000 rows, [\d,]+\/s, \d+ s left$/);
    // At once again: nobody could read it.
    meter.at(796_000);
    expect(written).toHaveLength(1);
    meter.end();
    expect(written.at(-1)).toBe('\r\x1b[K');
  });

  it('counts only what this run has done for the pace', () => {
    const { written, progress } = record(true);
    progress.meter({ total: 1_000, before: 900 }).at(900);
    expect(written.join('')).toContain('90 %, 900 of 1,000 rows, 0/s');
    expect(written.join('')).not.toContain('left');
  });

  it('writes no line for a short work where nobody watches', () => {
    const { written, progress } = record(false);
    const meter = progress.meter({ total: 10, before: 0 });
    meter.at(10);
    meter.end();
    expect(written).toEqual([]);
  });
});
