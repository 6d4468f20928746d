import { z } from 'zod';

const decimalText = z.string().regex(/^-?\d+(\.\d+)?$/);

/** An order as it is after the change; `version` is also the number of its latest history entry. */
const orderState = z.object({
  orderId: z.string(),
  version: z.number().int().positive(),
  /** For people, such as G-1000042. */
  number: z.string(),
  customerId: z.string(),
  quoteId: z.string(),
  status: z.string(),
  side: z.enum(['BUY', 'SELL']),
  total: z.object({ amount: decimalText, currency: z.string().length(3) }),
  lines: z.array(z.object({ sku: z.string(), name: z.string(), quantity: z.number().int().positive() })),
  /** ISO instant; null once nothing is to be paid any more. */
  paymentDueAt: z.string().nullable(),
  /** What somebody gave as the reason of the change. */
  reason: z.string().nullable(),
});

/**
 * Every event that one service tells others, and who is told. An event is named `<service>.<noun>-<past tense>` and its
 * data carries the whole new state of the noun with a `version` that counts up, so that events that arrive out of order
 * or twice do no harm.
 */
export const eventCatalogue = {
  /** Somebody registered, or what is known of them changed. */
  'auth.user-changed': {
    consumers: ['notification'],
    data: z.object({
      userId: z.string(),
      version: z.number().int().positive(),
      email: z.string(),
      name: z.string().nullable(),
      /** BCP 47. */
      locale: z.string(),
      /** E.164. */
      phone: z.string().nullable(),
    }),
  },
  /** An order was placed: a firm quote was spent on it. */
  'order.order-placed': { consumers: ['notification', 'pricing'], data: orderState },
  /** An order went from one state to another. */
  'order.order-advanced': { consumers: ['notification'], data: orderState.extend({ from: z.string() }) },
  /** A product was listed, changed, or taken off the list. */
  'order.product-changed': {
    consumers: ['pricing'],
    data: z.object({
      sku: z.string(),
      version: z.number().int().positive(),
      isListed: z.boolean(),
      kind: z.enum(['BAR', 'COIN']),
      metal: z.enum(['XAU', 'XAG']),
      currency: z.string().length(3),
      /** Permille. */
      fineness: decimalText,
      /** Grams of fine metal in one piece, 7 decimals. */
      fineWeightGrams: decimalText,
    }),
  },
} as const satisfies Record<string, { consumers: readonly string[]; data: z.ZodType }>;

export type EventName = keyof typeof eventCatalogue;
export type EventData<N extends EventName> = z.infer<(typeof eventCatalogue)[N]['data']>;

/** An event on its way. `occurredAt` is an ISO instant; `correlationId` is that of the request that caused it. */
export type DomainEvent<N extends EventName = EventName> = {
  id: string;
  name: N;
  occurredAt: string;
  correlationId: string;
  data: EventData<N>;
};

/** Reads an event that came over the wire. @throws ZodError when its name or data is not in the catalogue */
export function parseEvent(value: unknown): DomainEvent {
  const envelope = z
    .object({
      id: z.uuid(),
      name: z.enum(Object.keys(eventCatalogue) as [EventName, ...EventName[]]),
      occurredAt: z.iso.datetime(),
      correlationId: z.string(),
      data: z.unknown(),
    })
    .parse(value);
  return { ...envelope, data: eventCatalogue[envelope.name].data.parse(envelope.data) };
}

/** The queue on which a consumer is told its events. */
export function eventQueueName(consumer: string): string {
  return `events-${consumer}`;
}
