import { digest } from './digest.ts';
import { orderAdvanced } from './order-advanced.ts';
import { orderPlaced } from './order-placed.ts';
import { priceAlert } from './price-alert.ts';
import type { Content, Writer } from './template.ts';

/** Every kind of notification, by the name that is stored with it. */
const templates = {
  'order-placed': orderPlaced,
  'order-advanced': orderAdvanced,
  'price-alert': priceAlert,
  digest,
} as const satisfies Record<string, Writer>;

export type Kind = keyof typeof templates;

/**
 * Writes a notification in the recipient's locale, or the next wider one that there are words for, at last English.
 * @throws ZodError when the data is not what the template needs
 */
export function write(kind: Kind, data: unknown, locale: string): Content {
  return templates[kind](data, locale);
}
