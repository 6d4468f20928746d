import type { SqlClient } from '#shared/database.ts';
import { channelsFor, type Category, type Channel } from './domain/preference.ts';
import { createNotificationRepository } from './notification-repository.ts';
import { createPreferenceRepository } from './preference-repository.ts';
import { createRecipientRepository } from './recipient-repository.ts';
import { write, type Kind } from './templates/catalogue.ts';

/** Something that a user is to be told. */
export type Telling = {
  recipientId: string;
  /** What it tells of: the same thing is told to the same recipient once, for ever. */
  dedupeKey: string;
  category: Category;
  kind: Kind;
  /** What the kind's template needs. */
  data: unknown;
  /** The channels that it goes out by, whatever the preferences say; the inbox has it in any case. */
  channels?: readonly Channel[];
  now: Date;
};

/**
 * Tells a user something, in the transaction of what it tells of: one entry of the inbox, and one delivery for each channel
 * that the recipient's preferences say. A recipient who is not known yet is told all the same; the deliveries wait.
 * The recipient's inbox is locked until the end of the transaction: tell several recipients in the order of their ids,
 * so that two transactions never wait for each other.
 * @returns the notification's id; `undefined` when it was told before
 * @throws ZodError when the data is not what the template needs
 */
export async function notify(transaction: SqlClient, telling: Telling): Promise<string | undefined> {
  const { recipientId, category, channels, kind, data, now } = telling;
  const recipient = await createRecipientRepository(transaction).find(recipientId);
  const { title, body } = write(kind, data, recipient?.locale ?? 'en');
  const notifications = createNotificationRepository(transaction);
  const id = await notifications.add({ ...telling, title, body });
  if (id === undefined) return undefined;
  const chosen = channels ?? channelsFor(category, await createPreferenceRepository(transaction).choices(recipientId));
  await notifications.addDeliveries({ notificationId: id, recipientId, channels: withInbox(chosen), now });
  return id;
}

function withInbox(channels: readonly Channel[]): Channel[] {
  return [...new Set<Channel>([...channels, 'IN_APP'])];
}
