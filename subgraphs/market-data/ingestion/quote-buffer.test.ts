import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createQuoteBuffer } from './quote-buffer.ts';

describe('the buffer of quotes', () => {
  test('the oldest are dropped when it is full, and counted', () => {
    const buffer = createQuoteBuffer<number>(3);
    expect([buffer.add([1, 2]), buffer.add([3, 4, 5])]).toEqual([0, 2]);
    expect(buffer.take(10)).toEqual([3, 4, 5]);
  });

  test('it behaves as a plain queue of the newest items, whatever the order of adding and taking', () => {
    const acts = fc.array(fc.integer({ min: -400, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(acts, (counts) => {
        const buffer = createQuoteBuffer<number>(2_000);
        let plain: number[] = [];
        let next = 0;
        for (const count of counts) {
          if (count < 0) {
            expect(buffer.take(-count)).toEqual(plain.slice(0, -count));
            plain = plain.slice(-count);
          } else {
            const added = Array.from({ length: count }, () => (next += 1));
            const dropped = buffer.add(added);
            plain.push(...added);
            expect(dropped).toBe(Math.max(0, plain.length - 2_000));
            plain = plain.slice(-2_000);
          }
          expect(buffer.size()).toBe(plain.length);
        }
      }),
    );
  });
});
