import { requireOwner, requireUser, type Caller } from '#shared/caller.ts';
import type { SqlClient } from '#shared/database.ts';
import { orRefusal, Refusal } from '#shared/refusal.ts';
import { isLocked, preferencesOf, type Choice, type Preference } from './domain/preference.ts';
import { createPreferenceRepository } from './preference-repository.ts';

export type PreferenceLockedError = {
  __typename: 'PreferenceLockedError';
  code: 'PREFERENCE_LOCKED';
  message: string;
  retryable: false;
};

type ChosenPreference = Preference & { __typename: 'NotificationPreference' };

export type PreferenceService = {
  /** The caller's own preferences for every category and channel. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
  preferencesOf(caller: Caller, userId: string): Promise<Preference[]>;
  /** Turns a channel on or off for a category of the caller's. @throws DomainError UNAUTHENTICATED */
  choose(caller: Caller, choice: Choice): Promise<ChosenPreference | PreferenceLockedError>;
};

/** Which categories reach somebody by which channels. */
export function createPreferenceService({ database }: { database: SqlClient }): PreferenceService {
  const preferences = createPreferenceRepository(database);
  return {
    async preferencesOf(caller, userId) {
      requireOwner(caller, userId);
      return preferencesOf(await preferences.choices(userId));
    },
    choose: (caller, { category, channel, enabled }) =>
      orRefusal<ChosenPreference, PreferenceLockedError>(async () => {
        const { userId } = requireUser(caller);
        const locked = isLocked(category, channel);
        if (locked && !enabled) throw preferenceLocked(`${category} by ${channel} is always on`);
        if (!locked) await preferences.choose(userId, { category, channel, enabled });
        return { __typename: 'NotificationPreference', category, channel, enabled, isLocked: locked };
      }),
  };
}

function preferenceLocked(message: string): Refusal<PreferenceLockedError> {
  return new Refusal({ __typename: 'PreferenceLockedError', code: 'PREFERENCE_LOCKED', message, retryable: false });
}
