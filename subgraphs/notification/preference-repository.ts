import type { SqlClient } from '#shared/database.ts';
import type { Choice } from './domain/preference.ts';

export type PreferenceRepository = {
  /** What a user has chosen; nothing where it is as everybody begins. */
  choices(userId: string): Promise<Choice[]>;
  choose(userId: string, choice: Choice): Promise<void>;
};

/** Preferences in PostgreSQL. `database` may be a transaction. */
export function createPreferenceRepository(database: SqlClient): PreferenceRepository {
  return {
    choices: (userId) =>
      database.$queryRawUnsafe<Choice[]>(
        `SELECT category, channel, enabled FROM notification_preference WHERE user_id = $1`,
        userId,
      ),
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
