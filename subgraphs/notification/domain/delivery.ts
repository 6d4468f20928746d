import type { Category, Channel } from './preference.ts';
import { quietUntil, type QuietHours } from './quiet-hours.ts';

/**
 * QUEUED → SENDING → SENT (the provider has it), RECORDED (the channel has no credentials), FAILED (a dead letter) or
 * SUPPRESSED (not to be sent); from SENDING back to QUEUED to be tried again, and from FAILED by an operator.
 */
export type DeliveryStatus = 'QUEUED' | 'SENDING' | 'SENT' | 'RECORDED' | 'FAILED' | 'SUPPRESSED';

/** One notification on its way by one channel; `dueAt` is null when nothing is to be done any more. */
export type Delivery = {
  id: string;
  notificationId: string;
  channel: Channel;
  status: DeliveryStatus;
  attempts: number;
  lastError: string | null;
  sentAt: Date | null;
  dueAt: Date | null;
};

/** What is to be done with a delivery that is due. Times are epoch milliseconds. */
export type NextStep =
  | { do: 'SEND' }
  | { do: 'WAIT'; for: 'RECIPIENT' | 'QUIET_HOURS' | 'DIGEST'; until: number }
  | { do: 'SUPPRESS'; reason: string }
  | { do: 'GIVE_UP'; reason: string };

export type DeliveryRules = {
  maxAttempts: number;
  /** Milliseconds before the second attempt. */
  retryMs: number;
  /** Milliseconds that an unknown recipient is waited for. */
  recipientWaitMs: number;
};

const longestPauseMs = 2 * 3_600_000;
/** Milliseconds between looks for a recipient, whose event makes the delivery due at once anyway. */
const recipientPauseMs = 60_000;

/** Decides on a delivery that is due. @param due.attempts attempts that were begun; one that never ended counts too */
export function nextStep(
  due: { attempts: number; createdAt: number; category: Category; lastError: string | null },
  recipient: { isKnown: boolean; hasAddress: boolean; quietHours: QuietHours | undefined },
  rules: DeliveryRules,
  now: number,
): NextStep {
  if (due.attempts >= rules.maxAttempts) {
    return { do: 'GIVE_UP', reason: due.lastError ?? `${due.attempts} attempts have not come to an end` };
  }
  if (!recipient.isKnown) {
    if (now - due.createdAt >= rules.recipientWaitMs) return { do: 'GIVE_UP', reason: 'the recipient is not known' };
    return { do: 'WAIT', for: 'RECIPIENT', until: now + recipientPauseMs };
  }
  if (!recipient.hasAddress) return { do: 'SUPPRESS', reason: 'There is no address for this channel' };
  const until = due.category !== 'SECURITY' && recipient.quietHours && quietUntil(recipient.quietHours, now);
  if (!until) return { do: 'SEND' };
  switch (recipient.quietHours!.behaviour) {
    case 'SUPPRESS':
      return { do: 'SUPPRESS', reason: 'Quiet hours' };
    case 'DIGEST':
      return { do: 'WAIT', for: 'DIGEST', until };
    default:
      return { do: 'WAIT', for: 'QUIET_HOURS', until };
  }
}

/**
 * Milliseconds until the next attempt: `retryMs` after the first, three times as long after each further one, at most two
 * hours; up to half of it taken off at random, so that what failed together does not come back together.
 * @param random from 0 to 1
 */
export function pauseAfter(attempts: number, retryMs: number, random: number): number {
  return Math.round(Math.min(retryMs * 3 ** (attempts - 1), longestPauseMs) * (1 - random / 2));
}

/** What a recipient reads of what went wrong: a provider's own words may name servers and accounts. */
export function errorForRecipient({ status, lastError }: Pick<Delivery, 'status' | 'lastError'>): string | null {
  if (lastError === null || status === 'SUPPRESSED') return lastError;
  return status === 'FAILED' ? 'It could not be delivered' : 'It could not be delivered yet and is tried again';
}
