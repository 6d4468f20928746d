import type { SqlClient, TransactionalClient } from '#shared/database.ts';
import type { Logger } from '#shared/logger.ts';
import { DeliveryError } from './channels/channel.ts';
import type { SendingChannels } from './channels/open-channels.ts';
import type { DeliveryMetrics } from './delivery-metrics.ts';
import { createDeliveryRepository, type DigestEntry, type DueDelivery, type Outcome } from './delivery-repository.ts';
import { nextStep, pauseAfter, type DeliveryRules } from './domain/delivery.ts';
import { createQuietHoursRepository } from './quiet-hours-repository.ts';
import { createRecipientRepository, type Recipient } from './recipient-repository.ts';
import { write, type Kind } from './templates/catalogue.ts';
import type { Content } from './templates/template.ts';

export type DeliveryService = {
  /**
   * Tries a delivery that is due; does nothing with one that is not, or that somebody else is trying.
   *
   * Everything up to the provider is done exactly once. Handing over is at least once: a process that dies, or a lease that
   * ends, between the provider's yes and our commit leaves a delivery that is tried again. The repeat carries the same
   * id, so that mail programs (Message-ID) and browsers (`id`) can recognise it; an SMS cannot be recognised.
   */
  deliver(id: string): Promise<void>;
};

/** An attempt that has begun; `attempt` is its number. */
type Attempt = { due: DueDelivery; recipient: Recipient; entries: DigestEntry[]; attempt: number };

export function createDeliveryService<Transaction extends SqlClient>(options: {
  database: TransactionalClient<Transaction>;
  channels: SendingChannels;
  rules: DeliveryRules;
  /** Milliseconds after which an attempt that nobody has ended counts as lost. */
  leaseMs: number;
  metrics: DeliveryMetrics;
  logger: Logger;
  now: () => number;
  random: () => number;
}): DeliveryService {
  const { database, channels, rules, leaseMs, metrics, logger, now, random } = options;

  /** Decides on a delivery under a lock and, where it is to be sent, begins an attempt. */
  async function begin(id: string): Promise<Attempt | undefined> {
    const at = now();
    return database.$transaction(async (transaction) => {
      const deliveries = createDeliveryRepository(transaction);
      const due = await deliveries.lockDue(id, new Date(at));
      if (!due) return undefined;
      const recipient = await createRecipientRepository(transaction).find(due.recipientId);
      const state = {
        isKnown: recipient !== undefined,
        hasAddress: recipient !== undefined && (await channels[due.channel].reaches(recipient, transaction)),
        quietHours: await createQuietHoursRepository(transaction).find(due.recipientId),
      };
      const step = nextStep(due, state, rules, at);
      if (step.do !== 'SEND') {
        await deliveries.settle(id, step, new Date(at));
        if (step.do !== 'WAIT') metrics.ended(due.channel, step.do === 'SUPPRESS' ? 'SUPPRESSED' : 'FAILED');
        return undefined;
      }
      if (due.isForDigest) await deliveries.gather(due);
      await deliveries.begin(id, new Date(at + leaseMs));
      return { due, recipient: recipient!, entries: await deliveries.entries(id), attempt: due.attempts + 1 };
    });
  }

  async function handOver({ due, recipient, entries, attempt }: Attempt): Promise<Outcome> {
    try {
      const content = contentOf(due, entries, recipient.locale);
      const handover = await channels[due.channel].send({ deliveryId: due.id, recipient, content });
      if (handover.status === 'SUPPRESSED') return { status: 'SUPPRESSED', error: handover.reason };
      return { ...handover, at: new Date(now()) };
    } catch (err) {
      const error = err instanceof Error ? err.message : String(err);
      const isDead = (err instanceof DeliveryError && err.isPermanent) || attempt >= rules.maxAttempts;
      logger[isDead ? 'error' : 'warn'](
        { err, deliveryId: due.id, channel: due.channel, attempt },
        isDead ? 'a delivery is given up' : 'a delivery has failed and is tried again',
      );
      if (isDead) return { status: 'FAILED', at: new Date(now()), error };
      return { status: 'QUEUED', dueAt: new Date(now() + pauseAfter(attempt, rules.retryMs, random())), error };
    }
  }

  return {
    async deliver(id) {
      const attempt = await begin(id);
      if (!attempt) return;
      const outcome = await handOver(attempt);
      const isOurs = await createDeliveryRepository(database).end(id, attempt.attempt, outcome);
      if (!isOurs) logger.warn({ deliveryId: id, outcome: outcome.status }, 'an attempt took longer than its lease');
      else metrics.ended(attempt.due.channel, outcome.status);
    },
  };
}

function contentOf({ kind, data }: DueDelivery, entries: DigestEntry[], locale: string): Content {
  return entries.length > 1 ? write('digest', { entries }, locale) : write(kind as Kind, data, locale);
}
