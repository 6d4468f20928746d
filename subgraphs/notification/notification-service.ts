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
 * The recipient's inbox is locked until the end of the transaction: tell several recipients by one `notifyAll`, so that two
 * transactions never wait for each other.
 * @returns the notification's id; `undefined` when it was told before
 * @throws ZodError when the data is not what the template needs
 */
export async function notify(transaction: SqlClient, telling: Telling): Promise<string | undefined> {
  const [id] = await notifyAll(transaction, [telling]);
  return id;
}

/**
 * Tells users many things, each as `notify` does, in a few statements whatever their number. What one recipient is told
 * comes into the inbox in the order given. The inboxes of all recipients are locked, in the order of the users' ids, until
 * the end of the transaction: a transaction does this once, and only for as many as it may keep others waiting for.
 * @returns the notifications' ids in the order given; `undefined` for what was told before, or is given for the second time
 * @throws ZodError when the data of any is not what its template needs: then nothing is told
 */
export async function notifyAll(transaction: SqlClient, tellings: readonly Telling[]): Promise<(string | undefined)[]> {
  if (tellings.length === 0) return [];
  const recipientIds = distinctRecipients(tellings);
  const recipients = await createRecipientRepository(transaction).findAll(recipientIds);
  const choices = await createPreferenceRepository(transaction).choicesOf(
    distinctRecipients(tellings.filter(({ channels }) => channels === undefined)),
  );
  const written = tellings.map((telling) => {
    const { recipientId, category, channels, kind, data } = telling;
    const { title, body } = write(kind, data, recipients.get(recipientId)?.locale ?? 'en');
    const chosen = channels ?? channelsFor(category, choices.get(recipientId) ?? []);
    return { ...telling, title, body, channels: withInbox(chosen) };
  });
  const notifications = createNotificationRepository(transaction);
  // As late as can be: whoever reads or changes one of these inboxes waits from here on.
  await notifications.lockInboxes(recipientIds);
  return notifications.addAll(written);
}

function distinctRecipients(tellings: readonly Telling[]): string[] {
  return [...new Set(tellings.map(({ recipientId }) => recipientId))];
}

function withInbox(channels: readonly Channel[]): Channel[] {
  return [...new Set<Channel>([...channels, 'IN_APP'])];
}
