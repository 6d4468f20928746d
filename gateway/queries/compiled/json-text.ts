/** What JSON has to escape: quotes, backslashes, control characters, and halves of surrogate pairs that stand alone. */
// eslint-disable-next-line no-control-regex
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Up to so many characters it is faster to look at each than to begin a regular expression. */
const short = 24;

/** The JSON of a string. */
export function stringText(value: string): string {
  return isPlain(value) ? `"${value}"` : JSON.stringify(value);
}

function isPlain(value: string): boolean {
  if (value.length > short) return !escaped.test(value);
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}

/** The JSON of a value that was parsed from JSON; it is the same text as that of `JSON.stringify`. */
export function jsonText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return stringText(value);
    case 'number':
      return Number.isFinite(value) ? `${value}` : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return JSON.stringify(value) ?? 'null';
  }
}
