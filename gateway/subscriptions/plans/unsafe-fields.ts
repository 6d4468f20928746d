import type { GraphQLFormattedError } from 'graphql';

/**
 * Fields that subgraphs were asked for beside what clients want, so that they share, and that have failed in a way that cost
 * more than themselves. For a while only who wants them asks for them.
 */
export type UnsafeFields = {
  /** @param path of names from the root of the subscription, with dots */
  has(subgraph: string, path: string): boolean;
  add(subgraph: string, paths: Iterable<string>): void;
  /** Differs whenever `has` may answer otherwise for the fields of a subscription. @param root its root field */
  version(subgraph: string, root: string): number;
};

/** Milliseconds after which it is tried again; a field that still fails costs its clients one connection then. */
const lapseMs = 600_000;

/** @param now milliseconds */
export function createUnsafeFields(now: () => number = () => performance.now()): UnsafeFields {
  const known = new Map<string, { paths: Set<string>; until: number }>();

  function unlapsed(subgraph: string, root: string) {
    const key = `${subgraph} ${root}`;
    const entry = known.get(key);
    if (entry && entry.until <= now()) known.delete(key);
    return known.get(key);
  }

  return {
    has: (subgraph, path) => unlapsed(subgraph, rootOf(path))?.paths.has(path) ?? false,
    add(subgraph, paths) {
      for (const path of paths) {
        const others = unlapsed(subgraph, rootOf(path))?.paths ?? [];
        known.set(`${subgraph} ${rootOf(path)}`, { paths: new Set([...others, path]), until: now() + lapseMs });
      }
    },
    version: (subgraph, root) => unlapsed(subgraph, root)?.until ?? 0,
  };
}

/**
 * Which of the fields beside what clients want has cost an event more than itself: a field that must not be null takes with
 * it what it belongs to.
 * @param beside their paths, as `has` takes them
 */
export function costlyFields(
  event: { data: Record<string, unknown> | null; errors?: readonly GraphQLFormattedError[] },
  beside: ReadonlySet<string>,
): string[] {
  return (event.errors ?? []).flatMap(({ path = [] }) => {
    const field = path.filter((step) => typeof step === 'string').join('.');
    return beside.has(field) && valueAt(event.data, path.slice(0, -1)) === null ? [field] : [];
  });
}

function rootOf(path: string): string {
  return path.split('.')[0]!;
}

function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  let value = data;
  for (const step of path) value = value === null ? null : (value as Record<string | number, unknown>)[step];
  return value;
}
