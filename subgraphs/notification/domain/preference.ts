/** What a notification is about, in the order in which settings show it. */
export const categories = ['SECURITY', 'ORDER', 'PAYMENT', 'PRICE_ALERT', 'ACCOUNT', 'MARKETING'] as const;
export type Category = (typeof categories)[number];

/** The ways by which a notification reaches somebody. */
export const channels = ['EMAIL', 'SMS', 'PUSH', 'IN_APP'] as const;
export type Channel = (typeof channels)[number];

/** What somebody has chosen for a category and a channel. */
export type Choice = { category: Category; channel: Channel; enabled: boolean };

/** Whether a category is sent by a channel, and whether that cannot be changed. */
export type Preference = Choice & { isLocked: boolean };

/** What everybody begins with beside the inbox, which has everything. An SMS costs money, so alerts do not take it unasked. */
const defaults: Record<Category, readonly Channel[]> = {
  SECURITY: ['EMAIL', 'SMS', 'PUSH'],
  ORDER: ['EMAIL', 'SMS', 'PUSH'],
  PAYMENT: ['EMAIL', 'SMS', 'PUSH'],
  PRICE_ALERT: ['EMAIL', 'PUSH'],
  ACCOUNT: ['EMAIL'],
  MARKETING: [],
};

/** Security messages go out by every channel, and everything is in the inbox, whatever is chosen. */
export function isLocked(category: Category, channel: Channel): boolean {
  return category === 'SECURITY' || channel === 'IN_APP';
}

/** The preferences for every category and channel, from what was chosen; a choice for a locked pair counts for nothing. */
export function preferencesOf(choices: readonly Choice[]): Preference[] {
  return categories.flatMap((category) =>
    channels.map((channel) => {
      if (isLocked(category, channel)) return { category, channel, enabled: true, isLocked: true };
      const chosen = choices.find((choice) => choice.category === category && choice.channel === channel);
      return {
        category,
        channel,
        enabled: chosen?.enabled ?? defaults[category].includes(channel),
        isLocked: false,
      };
    }),
  );
}

/** The channels that a notification of a category goes out by. */
export function channelsFor(category: Category, choices: readonly Choice[]): Channel[] {
  return preferencesOf(choices)
    .filter((preference) => preference.category === category && preference.enabled)
    .map(({ channel }) => channel);
}
