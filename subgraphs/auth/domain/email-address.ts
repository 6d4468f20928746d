import { z } from 'zod';

/** RFC 5321 has no room for longer ones. */
const longest = 254;

/** Whether a text is an e-mail address, in the characters that every mail server takes (ASCII). */
export function isEmailAddress(text: string): boolean {
  return text.length <= longest && z.email().safeParse(text).success;
}

/**
 * What tells addresses apart: upper and lower case are the same. Works for any text, so that what is no address at all
 * can be counted like one.
 */
export function emailKey(text: string): string {
  return text.trim().toLowerCase();
}
