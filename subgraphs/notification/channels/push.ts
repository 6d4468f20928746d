import type { Agent } from 'node:https';
import webPush from 'web-push';
import type { SqlClient } from '#shared/database.ts';
import { createPushSubscriptionRepository, type PushSubscription } from '../push-subscription-repository.ts';
import { DeliveryError, type OutgoingMessage, type SendingChannel } from './channel.ts';

export type VapidSettings = { subject: string; publicKey: string; privateKey: string };

const timeoutMs = 15_000;
/** Seconds that a push service keeps a message for a browser that is away: later it is of no use. */
const keptSeconds = 24 * 3_600;

/**
 * Web Push (RFC 8030, 8291, 8292) to every browser of the recipient. Each browser that has taken a message is remembered, so
 * that trying the others again does not give it to that one twice; one that is gone (404, 410) is removed. The payload is
 * JSON: `id`, `title` and `body`; the id is the delivery's, which a browser can recognise a repeat by (as a `tag`).
 * @param options.agent makes the connections, where they need a proxy or certificates of their own
 */
export function createPushChannel(options: {
  vapid: VapidSettings;
  database: SqlClient;
  agent?: Agent;
}): SendingChannel {
  const { vapid, agent } = options;
  const subscriptions = createPushSubscriptionRepository(options.database);

  async function push(subscription: PushSubscription, { deliveryId, content }: OutgoingMessage): Promise<void> {
    const { endpoint, p256dh, auth } = subscription;
    const payload = JSON.stringify({ id: deliveryId, title: content.title, body: content.body });
    await webPush.sendNotification({ endpoint, keys: { p256dh, auth } }, payload, {
      vapidDetails: vapid,
      TTL: keptSeconds,
      timeout: timeoutMs,
      ...(agent && { agent }),
    });
    await subscriptions.addReceipt(deliveryId, subscription.id);
  }

  return {
    reaches: async ({ userId }, database) => (await createPushSubscriptionRepository(database).of(userId)).length > 0,
    async send(message) {
      const { userId } = message.recipient;
      const awaiting = await subscriptions.awaiting(userId, message.deliveryId);
      const errors: DeliveryError[] = [];
      for (const subscription of awaiting) {
        try {
          await push(subscription, message);
        } catch (cause) {
          if (isGone(cause)) await subscriptions.removeGone(subscription);
          else errors.push(toDeliveryError(cause));
        }
      }
      const worthRepeating = errors.find((error) => !error.isPermanent);
      if (worthRepeating) throw worthRepeating;
      // What still awaits it is what has refused it: one browser that took it, now or before, is enough to be told.
      const [all, refusing] = [
        await subscriptions.of(userId),
        await subscriptions.awaiting(userId, message.deliveryId),
      ];
      if (all.length === 0) return { status: 'SUPPRESSED', reason: 'No browser is registered any more' };
      if (refusing.length === all.length && errors[0]) throw errors[0];
      return { status: 'SENT', providerId: null };
    },
  };
}

function isGone(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 404 || statusCode === 410;
}

function toDeliveryError(cause: unknown): DeliveryError {
  const { statusCode, body, message } = cause as { statusCode?: number; body?: string; message: string };
  const isPermanent = statusCode !== undefined && statusCode >= 400 && statusCode < 500 && statusCode !== 429;
  const words = statusCode === undefined ? message : `${statusCode} ${body?.slice(0, 200) ?? ''}`.trim();
  return new DeliveryError(words, { isPermanent, cause });
}
