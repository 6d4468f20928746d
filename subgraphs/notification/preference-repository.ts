import type { SqlClient } from '#shared/database.ts';
import type { Choice } from './domain/preference.ts';

export type PreferenceRepository = {
  /** What a user has chosen; nothing where it is as everybody begins. */
  choices(userId: string): Promise<Choice[]>;
  /** The same of several users, by their ids; those who have chosen nothing are missing. */
  choicesOf(userIds: readonly string[]): Promise<Map<string, Choice[]>>;
  choose(userId: string, choice: Choice): Promise<void>;
};

/** Preferences in PostgreSQL. `database` may be a transaction. */
export function createPreferenceRepository(database: SqlClient): PreferenceRepository {
  async function choicesOf(userIds: readonly string[]): Promise<Map<string, Choice[]>> {
    const rows = await database.$queryRawUnsafe<(Choice & { userId: string })[]>(
      `SELECT user_id AS "userId", category, channel, enabled FROM notification_preference WHERE user_id = ANY($1::text[])`,
      userIds,
    );
    const chosen = Map.groupBy(rows, ({ userId }) => userId);
    return new Map(
      Array.from(chosen, ([userId, choices]) => [userId, choices.map(({ userId: _, ...choice }) => choice)]),
    );
  }

  return {
    choices: async (userId) => (await choicesOf([userId])).get(userId) ?? [],
    choicesOf,
    async choose(userId, { category, channel, enabled }) {
      await database.$executeRawUnsafe(
        `INSERT INTO notification_preference (user_id, category, channel, enabled) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, category, channel) DO UPDATE SET enabled = excluded.enabled`,
        userId,
        category,
        channel,
        enabled,
      );
    },
  };
}
