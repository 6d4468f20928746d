import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decimal } from '#shared/decimal.ts';
import { createAlertBook, type WatchedAlert } from './alert-book.ts';
import { alertLevelsOf, alertPriceOf, type PriceAlertCondition } from './alert-levels.ts';

type Values = Partial<Omit<WatchedAlert, 'levels'>> & { threshold?: string };

function anAlert({ threshold = '4200', ...values }: Values = {}): WatchedAlert {
  const condition = values.condition ?? 'CROSS_ABOVE';
  const exact = { condition, threshold: decimal(threshold), unit: 'TROY_OUNCE', fineness: decimal(1000) } as const;
  return {
    id: 'alert',
    condition,
    levels: alertLevelsOf(exact, 10),
    isRecurring: true,
    isArmed: true,
    hasFired: false,
    stateSequence: 0,
    ...values,
  };
}

/** What happens to alerts while mid goes through these prices, one a tick from sequence 1: `FIRED 2`. */
function watch(alerts: WatchedAlert[], mids: string[]): string[] {
  const book = createAlertBook();
  for (const alert of alerts) book.add(alert);
  return mids.flatMap((mid, index) =>
    book.apply(index + 1, alertPriceOf({ bid: mid, ask: mid })).map(({ kind }) => `${kind} ${index + 1}`),
  );
}

describe('alerts', () => {
  test('a recurring alert fires once while the price stays near its threshold', () => {
    expect(watch([anAlert()], ['4199', '4205', '4201', '4205', '4195.81', '4205'])).toEqual(['FIRED 2']);
  });

  test('it is armed again at the threshold less ten basis points, and fires again', () => {
    const mids = ['4199', '4205', '4195.8', '4199.99', '4200'];
    expect(watch([anAlert()], mids)).toEqual(['FIRED 2', 'ARMED 3', 'FIRED 5']);
  });

  test('below is the mirror image of above', () => {
    const mids = ['4201', '4200', '4204.19', '4199', '4204.2', '4100'];
    expect(watch([anAlert({ condition: 'CROSS_BELOW' })], mids)).toEqual(['FIRED 2', 'ARMED 5', 'FIRED 6']);
  });

  test('one that fires once is gone after it', () => {
    expect(watch([anAlert({ isRecurring: false })], ['4205', '4100', '4205'])).toEqual(['FIRED 1']);
  });

  test('one whose condition was met already fires only after the price has been back, however little', () => {
    const mids = ['4205', '4200', '4199.99', '4200'];
    expect(watch([anAlert({ isArmed: false })], mids)).toEqual(['ARMED 3', 'FIRED 4']);
  });

  test('a price that jumps over thresholds fires all of them at its tick', () => {
    const alerts = ['4150', '4200', '4250', '4300'].map((threshold, index) =>
      anAlert({ id: String(index), threshold, isRecurring: false }),
    );
    expect(watch(alerts, ['4100', '4250'])).toEqual(['FIRED 2', 'FIRED 2', 'FIRED 2']);
  });

  test('only ticks behind the state of an alert count', () => {
    expect(watch([anAlert({ stateSequence: 2 })], ['4205', '4205', '4199', '4205'])).toEqual(['FIRED 4']);
    expect(watch([anAlert({ stateSequence: 2 })], ['4100', '4100', '4205'])).toEqual(['FIRED 3']);
  });

  test('one that is taken out does nothing any more, and another with its id takes its place', () => {
    const book = createAlertBook();
    book.add(anAlert({ threshold: '4200' }));
    book.add(anAlert({ threshold: '4300' }));
    expect(book.size()).toBe(1);
    const at = (mid: string) => alertPriceOf({ bid: mid, ask: mid });
    expect(book.apply(1, at('4299'))).toEqual([]);
    book.remove('alert');
    expect([book.size(), book.apply(2, at('4301'))]).toEqual([0, []]);
  });

  test('whatever the alerts and the prices: the same happens as when every alert is judged at every tick', () => {
    const prices = fc.integer({ min: 3990, max: 4010 });
    const alerts = fc.record({
      threshold: prices.map(String),
      condition: fc.constantFrom<PriceAlertCondition>('CROSS_ABOVE', 'CROSS_BELOW'),
      isRecurring: fc.boolean(),
      isArmed: fc.boolean(),
      hasFired: fc.boolean(),
      stateSequence: fc.nat(8),
      addedAt: fc.nat(10),
      removedAt: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(alerts, { maxLength: 30 }), fc.array(prices, { maxLength: 40 }), (given, mids) => {
        const book = createAlertBook();
        const naive = new Map<string, WatchedAlert>();
        for (const [index, mid] of mids.entries()) {
          for (const [number, { addedAt, removedAt, ...values }] of given.entries()) {
            const id = String(number);
            if (addedAt === index) {
              book.add(anAlert({ id, ...values }));
              naive.set(id, anAlert({ id, ...values }));
            }
            if (removedAt === index) {
              book.remove(id);
              naive.delete(id);
            }
          }
          const price = alertPriceOf({ bid: String(mid), ask: String(mid) });
          const changes = book.apply(index + 1, price).toSorted((a, b) => Number(a.id) - Number(b.id));
          expect(changes).toEqual(judgeAll(naive, index + 1, price));
          expect(book.size()).toBe(naive.size);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** The rule in the plainest words, for every alert. */
function judgeAll(alerts: Map<string, WatchedAlert>, sequence: number, price: bigint) {
  const changes = [];
  for (const alert of [...alerts.values()].toSorted((a, b) => Number(a.id) - Number(b.id))) {
    const { id, condition, levels, isArmed, isRecurring, hasFired, stateSequence: from } = alert;
    if (sequence <= from) continue;
    const reaches = (level: bigint, isUpwards: boolean) => (isUpwards ? price >= level : price <= level);
    const isAbove = condition === 'CROSS_ABOVE';
    if (isArmed ? !reaches(levels.firesAt, isAbove) : !reaches(hasFired ? levels.rearmsAt : levels.armsAt, !isAbove))
      continue;
    changes.push({ id, kind: isArmed ? 'FIRED' : 'ARMED', from });
    if (isArmed && !isRecurring) alerts.delete(id);
    else alerts.set(id, { ...alert, isArmed: !isArmed, hasFired: hasFired || isArmed, stateSequence: sequence });
  }
  return changes;
}
