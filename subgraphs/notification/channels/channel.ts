import type { SqlClient } from '#shared/database.ts';
import type { Recipient } from '../recipient-repository.ts';
import type { Content } from '../templates/template.ts';

/** What a channel is to hand over. `deliveryId` stays the same over all attempts, so that a repeat can be recognised. */
export type OutgoingMessage = { deliveryId: string; recipient: Recipient; content: Content };

/** How a message was handed over: what the provider calls it, or that it was only recorded; or that nobody is left to take it. */
export type Handover =
  { status: 'SENT' | 'RECORDED'; providerId: string | null } | { status: 'SUPPRESSED'; reason: string };

/** A way by which messages go out. */
export type SendingChannel = {
  /** Whether there is an address for a recipient at all. @param database the transaction in which that is asked */
  reaches(recipient: Recipient, database: SqlClient): Promise<boolean>;
  /**
   * Hands a message over to the provider.
   * @throws DeliveryError, which says whether trying again can help; any other error counts as one that it can
   */
  send(message: OutgoingMessage): Promise<Handover>;
  close?(): void;
};

/** Why a message could not be handed over; the message is for operators. */
export class DeliveryError extends Error {
  override name = 'DeliveryError';
  readonly isPermanent: boolean;

  constructor(message: string, options: { isPermanent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.isPermanent = options.isPermanent;
  }
}
