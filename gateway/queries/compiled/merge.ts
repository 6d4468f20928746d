/** What subgraphs answer, as parsed from JSON. */
export type Tree = Record<string, unknown>;

/**
 * Puts an answer into what is known already, in place. What is nested is taken over as it is, not copied.
 * Clients choose the names: `constructor` and `__proto__` are names like others.
 */
export function merge(target: Tree, source: Tree | null | undefined): void {
  if (source === undefined || source === null) return;
  for (const key of Object.keys(source)) {
    const given = source[key];
    if (given === undefined) continue;
    if (!(key in target)) target[key] = given;
    else mergeValue(target, key, given);
  }
}

function mergeValue(target: Tree, key: string, given: unknown): void {
  if (!Object.hasOwn(target, key)) define(target, key);
  const known = target[key];
  if (known && isObject(given)) {
    merge(known as Tree, given);
  } else if (Array.isArray(given) && Array.isArray(known) && given.length === known.length) {
    for (let index = 0; index < given.length; index++) {
      const item: unknown = given[index];
      if (isObject(known[index]) && isObject(item)) merge(known[index], item);
      else known[index] = item;
    }
  } else {
    target[key] = given;
  }
}

/** A copy that shares nothing with what it was made from. */
export function copied<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copied) as Value;
  const copy = { ...value };
  for (const key of Object.keys(copy) as (keyof Value)[]) {
    if (typeof copy[key] === 'object') copy[key] = copied(copy[key]);
  }
  return copy;
}

/** Makes a property of its own of a name that every object inherits. */
function define(target: Tree, key: string): void {
  Object.defineProperty(target, key, { configurable: true, enumerable: true, value: undefined, writable: true });
}

function isObject(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
