import { badInput } from './errors.ts';

/** One page of a list, cursor-paged as the Relay connection specification has it, forwards. */
export type Page<T> = { nodes: T[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };

/** Checks `first`: 1 to `max`. @throws DomainError BAD_USER_INPUT */
export function pageSize(first: number, max = 100): number {
  if (first < 1 || first > max) throw badInput(`first must be from 1 to ${max}`, { first, max });
  return first;
}

/**
 * Makes a page of rows that were read with one row more than asked for: the extra row only tells that there is a next page.
 * @param keyOf the values that the next page continues behind
 */
export function toPage<T>(rows: T[], first: number, keyOf: (row: T) => string[]): Page<T> {
  const nodes = rows.slice(0, first);
  const last = nodes.at(-1);
  return {
    nodes,
    pageInfo: { hasNextPage: rows.length > first, endCursor: last === undefined ? null : encodeCursor(keyOf(last)) },
  };
}

/** An opaque cursor from the values that a page ends at. */
export function encodeCursor(key: string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The values in a cursor. @throws DomainError BAD_USER_INPUT when it was not made by `encodeCursor` with as many values */
export function decodeCursor(cursor: string, length: number): string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.length === length && key.every((part) => typeof part === 'string')) return key;
  } catch {
    // Not JSON: refused below, like every other cursor that is not ours.
  }
  throw badInput('after is not a cursor of this list: pass pageInfo.endCursor as it came');
}
