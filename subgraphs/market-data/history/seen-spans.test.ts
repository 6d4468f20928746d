import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openTimeOf } from '../domain/candle-interval.ts';
import { storedIntervals } from '../domain/stored-interval.ts';
import { createSeenSpans } from './seen-spans.ts';

test('a span is remembered once it was met, and no other with it, from 1833 on', () => {
  const instants = fc.array(fc.integer({ min: Date.UTC(1833, 0, 1), max: Date.UTC(2100, 0, 1) }));
  fc.assert(
    fc.property(fc.constantFrom(...storedIntervals), instants, instants, (interval, met, others) => {
      const seen = createSeenSpans(interval);
      const plain = new Set(met.map((time) => openTimeOf(interval, time)));
      for (const openTime of plain) seen.add(openTime);
      for (const openTime of [...plain, ...others.map((time) => openTimeOf(interval, time))])
        expect(seen.has(openTime)).toBe(plain.has(openTime));
    }),
  );
});
