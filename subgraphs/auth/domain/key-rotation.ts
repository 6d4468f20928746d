/** A signing key by its times. */
export type KeyTimes = { kid: string; signsFrom: Date };

/** What to do with the keys: a key to make that signs from a moment on, and keys whose tokens have all expired. */
export type RotationPlan = { create: { signsFrom: Date } | undefined; remove: string[] };

/** All in milliseconds. */
export type RotationTimes = { rotateAfterMs: number; tokenLifetimeMs: number };

/**
 * A new key is published for this long before it signs: longer than any verifier keeps the keys that it has read (ten
 * minutes) together with the age that a cached answer may have (five).
 */
export const publishAheadMs = 20 * 60_000;

/** An old key stays published for this long after its last token has expired: for clocks that differ. */
const marginMs = 60 * 60_000;

/**
 * Plans the rotation of keys. The first key signs at once; each later one is made `publishAheadMs` before the newest has
 * signed for `rotateAfterMs`.
 * @param keys every key; `usable` says which of them can be signed with, and only those replace others
 */
export function planRotation(
  keys: readonly (KeyTimes & { usable: boolean })[],
  now: Date,
  { rotateAfterMs, tokenLifetimeMs }: RotationTimes,
): RotationPlan {
  const usable = keys.filter((key) => key.usable);
  const replaced = keys.filter((key) => {
    const next = supersededAt(key, usable);
    return next !== undefined && next.getTime() + tokenLifetimeMs + marginMs <= now.getTime();
  });
  return { create: nextKey(usable, now, rotateAfterMs), remove: replaced.map(({ kid }) => kid) };
}

/**
 * The key that signs at a moment: the one that began last. Where none has begun it is the first that will: another server,
 * whose clock is ahead, has made it. `undefined` when there are none.
 */
export function signingKeyAt<Key extends KeyTimes>(keys: readonly Key[], now: Date): Key | undefined {
  const inOrder = keys.toSorted(byStart);
  return inOrder.findLast(({ signsFrom }) => signsFrom <= now) ?? inOrder[0];
}

function nextKey(usable: readonly KeyTimes[], now: Date, rotateAfterMs: number): { signsFrom: Date } | undefined {
  const newest = usable.toSorted(byStart).at(-1);
  if (!newest) return { signsFrom: now };
  const dueAt = newest.signsFrom.getTime() + rotateAfterMs - publishAheadMs;
  return dueAt <= now.getTime() ? { signsFrom: new Date(now.getTime() + publishAheadMs) } : undefined;
}

function supersededAt(key: KeyTimes, keys: readonly KeyTimes[]): Date | undefined {
  return keys.filter((other) => other.signsFrom > key.signsFrom).toSorted(byStart)[0]?.signsFrom;
}

function byStart(one: KeyTimes, other: KeyTimes): number {
  return one.signsFrom.getTime() - other.signsFrom.getTime();
}
