import type { GraphQLFormattedError } from 'graphql';

/**
 * Fields that subgraphs were asked for beside what clients want, so that they share, and that have failed in a way that cost
 * more than themselves. From then on only who wants them asks for them.
 */
export type UnsafeFields = {
  /** @param path of names from the root of the subscription, with dots */
  has(subgraph: string, path: string): boolean;
  add(subgraph: string, path: string): void;
  size(): number;
};

export function createUnsafeFields(): UnsafeFields {
  const known = new Set<string>();
  return {
    has: (subgraph, path) => known.has(`${subgraph} ${path}`),
    add: (subgraph, path) => void known.add(`${subgraph} ${path}`),
    size: () => known.size,
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

function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  let value = data;
  for (const step of path) value = value === null ? null : (value as Record<string | number, unknown>)[step];
  return value;
}
