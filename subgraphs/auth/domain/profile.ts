import { isEmailAddress } from './email-address.ts';

/** What somebody tells of themself when they register. */
export type Profile = { email: string; name: string | null; locale: string; phone: string | null };
export type GivenProfile = { email: string; name?: string | null; locale?: string | null; phone?: string | null };
export type ProfileIssue = { field: keyof Profile; message: string };

const longestName = 200;
const longestLocale = 35;

/**
 * Reads a profile: spaces around values do not count, an empty name or phone is none, the locale is made canonical
 * (BCP 47) and is `en` where none is given.
 * @returns the profile, or everything that is wrong with it
 */
export function readProfile(given: GivenProfile): { profile: Profile } | { issues: ProfileIssue[] } {
  const profile = {
    email: given.email.trim(),
    name: given.name?.trim() || null,
    locale: readLocale(given.locale?.trim() || 'en'),
    phone: given.phone?.replaceAll(/[\s().-]/g, '') || null,
  };
  const issues: ProfileIssue[] = [];
  if (!isEmailAddress(profile.email)) issues.push({ field: 'email', message: 'is not an e-mail address' });
  if (profile.name !== null && !isName(profile.name)) {
    issues.push({ field: 'name', message: `may have at most ${longestName} characters, none of them a control one` });
  }
  if (profile.phone !== null && !/^\+[1-9]\d{6,14}$/.test(profile.phone)) {
    issues.push({ field: 'phone', message: 'must be an international number (E.164), for example +15005550006' });
  }
  const { locale } = profile;
  if (locale === undefined) {
    issues.push({ field: 'locale', message: 'is not a language tag (BCP 47), for example en or de-CH' });
    return { issues };
  }
  return issues.length > 0 ? { issues } : { profile: { ...profile, locale } };
}

function readLocale(tag: string): string | undefined {
  if (tag.length > longestLocale) return undefined;
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

function isName(name: string): boolean {
  return name.length <= longestName && !/\p{Cc}/u.test(name) && name.isWellFormed();
}
