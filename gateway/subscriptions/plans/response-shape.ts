import type { GraphQLFormattedError } from 'graphql';

/**
 * What makes an answer in the words of one operation from the answer to a canonical request: each field of the answer
 * (`to`), where it is taken from, and how what is below it is made.
 */
export type Shape = { to: string; from: string; shape?: Shape }[];

type Data = Record<string, unknown>;

/**
 * The answer in the words of the operation: a copy, which may be changed. What the shape does not name is left out. Clients
 * choose the names: the objects inherit nothing, so that `__proto__` and `constructor` are names like others.
 */
export function shaped(data: Data, shape: Shape, into: Data = Object.create(null) as Data): Data {
  for (const { to, from, shape: below } of shape) {
    const value = data[from];
    // A field of a fragment on another type is not there.
    if (value === undefined) continue;
    into[to] = below ? shapedValue(value, below, into[to]) : value;
  }
  return into;
}

function shapedValue(value: unknown, shape: Shape, into: unknown): unknown {
  // A field that is selected in several places is one field: what is missing for one of them is missing for all.
  if (value === null || into === null) return null;
  if (Array.isArray(value)) {
    const existing = Array.isArray(into) ? into : [];
    return value.map((item, index) => shapedValue(item, shape, existing[index]));
  }
  return shaped(value as Data, shape, into as Data | undefined);
}

type Path = readonly (string | number)[];

/**
 * The errors of a canonical answer as those of the operation: paths in its words, once for each of its fields that took the
 * value, and none for what it did not ask for, unless that has cost it something it did ask for: it is told at that place.
 * An error without a path concerns everybody.
 * @param data the canonical answer, where it is known what the errors have cost
 */
export function shapedErrors(
  errors: readonly GraphQLFormattedError[],
  shape: Shape,
  data?: Data | null,
): GraphQLFormattedError[] {
  // Each is told once, although a value may be taken, or be asked for, several times for one place.
  const told = new Map<string, GraphQLFormattedError>();
  for (const error of errors) {
    const paths = error.path?.length ? shapedPaths(error.path, shape, data) : [undefined];
    for (const path of paths) told.set(JSON.stringify([path, error.message]), path ? { ...error, path } : error);
  }
  return [...told.values()];
}

function shapedPaths([first, ...rest]: Path, shape: Shape, data: unknown): Path[] {
  // What is null has nothing below it either.
  const value = data === null ? null : (data as Record<string | number, unknown> | undefined)?.[first!];
  if (typeof first === 'number') return behind(first, rest, shape, value);
  return shape
    .filter(({ from }) => from === first)
    .flatMap(({ to, shape: below }) => behind(to, rest, below ?? [], value));
}

function behind(step: string | number, rest: Path, shape: Shape, value: unknown): Path[] {
  if (rest.length === 0) return [[step]];
  const paths = shapedPaths(rest, shape, value).map((path) => [step, ...path]);
  return paths.length === 0 && value === null ? [[step]] : paths;
}
