import { describe, expect, test } from '@jest/globals';
import { errorForRecipient, nextStep, pauseAfter } from './delivery.ts';
import type { QuietBehaviour, QuietHours } from './quiet-hours.ts';

const now = Date.parse('2026-01-10T23:00:00Z');
const morning = Date.parse('2026-01-11T07:00:00Z');
const rules = { maxAttempts: 8, retryMs: 10_000, recipientWaitMs: 86_400_000 };
const due = { attempts: 0, createdAt: now, category: 'ORDER' as const, lastError: null };
const recipient = { isKnown: true, hasAddress: true, quietHours: undefined };
const night = (behaviour: QuietBehaviour): QuietHours => ({ timeZone: 'UTC', from: '22:00', to: '07:00', behaviour });

describe('a delivery that is due', () => {
  test('is sent', () => expect(nextStep(due, recipient, rules, now)).toEqual({ do: 'SEND' }));

  test('waits for a recipient who is not known yet, but not for ever', () => {
    const unknown = { ...recipient, isKnown: false };
    expect(nextStep(due, unknown, rules, now)).toEqual({ do: 'WAIT', for: 'RECIPIENT', until: now + 60_000 });
    expect(nextStep(due, unknown, rules, now + rules.recipientWaitMs)).toMatchObject({ do: 'GIVE_UP' });
  });

  test('without an address is suppressed', () => {
    expect(nextStep(due, { ...recipient, hasAddress: false }, rules, now)).toMatchObject({ do: 'SUPPRESS' });
  });

  test('that took all its attempts is given up with what went wrong', () => {
    const spent = { ...due, attempts: 8, lastError: '451 later' };
    expect(nextStep(spent, recipient, rules, now)).toEqual({ do: 'GIVE_UP', reason: '451 later' });
  });

  test('in quiet hours is done with as they say', () => {
    const step = (behaviour: QuietBehaviour) =>
      nextStep(due, { ...recipient, quietHours: night(behaviour) }, rules, now);
    expect(step('DEFER')).toEqual({ do: 'WAIT', for: 'QUIET_HOURS', until: morning });
    expect(step('DIGEST')).toEqual({ do: 'WAIT', for: 'DIGEST', until: morning });
    expect(step('SUPPRESS')).toMatchObject({ do: 'SUPPRESS' });
  });

  test('about security is sent in quiet hours too', () => {
    const security = { ...due, category: 'SECURITY' as const };
    expect(nextStep(security, { ...recipient, quietHours: night('SUPPRESS') }, rules, now)).toEqual({ do: 'SEND' });
  });
});

test('the pause before an attempt triples up to two hours, with jitter downwards', () => {
  expect([1, 2, 3, 4].map((attempts) => pauseAfter(attempts, 10_000, 0))).toEqual([10_000, 30_000, 90_000, 270_000]);
  expect(pauseAfter(40, 10_000, 0)).toBe(7_200_000);
  expect(pauseAfter(1, 10_000, 1)).toBe(5_000);
});

test('a recipient is not shown what a provider said', () => {
  expect(errorForRecipient({ status: 'FAILED', lastError: '550 mx1.example' })).toBe('It could not be delivered');
  expect(errorForRecipient({ status: 'QUEUED', lastError: 'ECONNREFUSED 10.0.0.3' })).toMatch(/tried again/);
  expect(errorForRecipient({ status: 'SUPPRESSED', lastError: 'Quiet hours' })).toBe('Quiet hours');
  expect(errorForRecipient({ status: 'SENT', lastError: null })).toBeNull();
});
