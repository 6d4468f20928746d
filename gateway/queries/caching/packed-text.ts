import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

/** A text of Redis: for how long it is kept in all, and how much of that is left. Milliseconds. */
export type SharedText = { text: string; lifetimeMs: number; leftMs: number };

/** A text as it stands in Redis, and how many milliseconds it will still stand there. */
export type PackedText = { packed: Buffer; leftMs: number };

const [deflate, inflate] = [promisify(deflateRaw), promisify(inflateRaw)];
/** Characters from which on a text is compressed: it then saves more on the way than it costs. */
const compressedFrom = 8_192;
/** Bytes that a text may have when it is not compressed any more; it was written with fewer. */
const longestBytes = 16 * 1_048_576;
const newline = 0x0a;

/** A text with what is to be known of it in the line before: `<version> <lifetime in ms> <text|deflate>`. */
export async function packText(text: string, lifetimeMs: number): Promise<Buffer | string> {
  if (text.length < compressedFrom) return `1 ${lifetimeMs} text\n${text}`;
  return Buffer.concat([Buffer.from(`1 ${lifetimeMs} deflate\n`), await deflate(Buffer.from(text), { level: 1 })]);
}

/** What `packText` made; `undefined` for anything else, such as what another version has written. */
export async function unpackText({ packed, leftMs }: PackedText): Promise<SharedText | undefined> {
  const end = packed.indexOf(newline);
  const [, lifetime, form] = /^1 (\d{1,12}) (text|deflate)$/.exec(packed.toString('latin1', 0, Math.max(0, end))) ?? [];
  if (lifetime === undefined) return undefined;
  const content = packed.subarray(end + 1);
  try {
    const bytes = form === 'deflate' ? await inflate(content, { maxOutputLength: longestBytes }) : content;
    return { text: bytes.toString('utf8'), lifetimeMs: Number(lifetime), leftMs };
  } catch {
    return undefined;
  }
}
