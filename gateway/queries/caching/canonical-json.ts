/**
 * The JSON of a value with the keys of every object in order, so that what is equal has one text. Of values that were JSON.
 * @param names the keys of the outermost object that count, in order; the others are left out
 */
export function canonicalJson(value: Record<string, unknown>, names: readonly string[]): string {
  let text = '{';
  for (const name of names) {
    if (!Object.hasOwn(value, name)) continue;
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:${textOf(value[name])}`;
  }
  return `${text}}`;
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  return canonicalJson(value as Record<string, unknown>, Object.keys(value).toSorted());
}
