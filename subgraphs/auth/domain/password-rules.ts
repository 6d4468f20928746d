import { emailKey } from './email-address.ts';

const shortest = 12;
const longest = 256;

/** The most common passwords that are long enough to be taken; shorter ones are refused by their length. */
const commonPasswords = new Set([
  '000000000000',
  '012345678910',
  '0123456789ab',
  '111222333444',
  '112233445566',
  '123456789012',
  '1234567890123',
  '12345678910a',
  '123456789123',
  '123456789abc',
  '123456789qwe',
  '1q2w3e4r5t6y',
  '1q2w3e4r5t6y7u',
  '1qaz2wsx3edc',
  '1qaz2wsx3edc4rfv',
  'abc123456789',
  'abcdefghijkl',
  'abcdefghijklmnop',
  'adminadmin123',
  'administrator',
  'asdfghjkl123',
  'changeme1234',
  'changemechangeme',
  'correcthorsebatterystaple',
  'goldgoldgold1',
  'iloveyou1234',
  'letmein12345',
  'letmeinletmein1',
  'mypassword123',
  'p@ssw0rd1234',
  'passw0rd1234',
  'password1234',
  'password12345',
  'password123456',
  'password@123',
  'password@1234',
  'princess1234',
  'q1w2e3r4t5y6',
  'qazwsxedcrfv',
  'qwerty123456',
  'qwerty1234567',
  'qwertyuiop12',
  'qwertyuiop123',
  'qwertyuiop[]',
  'qwertyuiopasdfghjkl',
  'superman1234',
  'supersecretpassword',
  'thisismypassword',
  'trustno11234',
  'unknown12345',
  'welcome12345',
  'zaq12wsxcde3',
  'zxcvbnm12345',
]);

/**
 * What is wrong with a new password; `undefined` when nothing is. NIST SP 800-63B: 12 to 256 characters of any kind and
 * no rules of composition, but nothing that is guessed first: common ones, one piece repeated, the e-mail address.
 * @param options.refused further passwords that are not taken
 */
export function passwordProblem(
  password: string,
  options: { email: string; refused?: readonly string[] },
): string | undefined {
  const text = normalizePassword(password);
  const length = [...text].length;
  if (length < shortest || length > longest) return `must have ${shortest} to ${longest} characters`;
  const lower = text.toLowerCase();
  const { email, refused = [] } = options;
  if (lower.trim() === emailKey(email)) return 'must not be the e-mail address';
  if (commonPasswords.has(lower) || isOnePieceRepeated(lower) || refused.includes(lower)) {
    return 'is one of the passwords that are guessed first: take another one';
  }
  return undefined;
}

/** The form that is hashed: the same characters typed on another keyboard are the same password (NIST SP 800-63B, NFKC). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/** Like `aaaaaaaaaaaa`, `abcabcabcabc` or `passwordpassword`. */
function isOnePieceRepeated(text: string): boolean {
  return /^(.{1,8})\1+$/su.test(text);
}
