import { getNamedType, isInterfaceType, isObjectType } from 'graphql';
import { described, type AccessRule } from '../supergraph/access-rule.ts';
import type { ApiSchema } from '../supergraph/api-schema.ts';

/** Something that others may see now than before. */
export type AccessChange = {
  /** `Type` or `Type.field`. */
  coordinate: string;
  message: string;
};

/**
 * What others may see now than before: types, and fields where it is not their type that has changed, nor the type that
 * they lead to.
 */
export function findAccessChanges(before: ApiSchema, after: ApiSchema): AccessChange[] {
  const changes: AccessChange[] = [];
  function compare(coordinate: string, was: AccessRule | undefined, is: AccessRule | undefined): boolean {
    const [old, now] = [wordsOf(was), wordsOf(is)];
    if (old === now) return false;
    changes.push({ coordinate, message: `Who may see '${coordinate}' has changed: ${now} (was: ${old})` });
    return true;
  }

  const types = Object.values(after.schema.getTypeMap()).filter(
    ({ name }) => !name.startsWith('__') && before.schema.getType(name),
  );
  const changed = new Set(
    types
      .filter(({ name }) => compare(name, before.access.ofType(name), after.access.ofType(name)))
      .map(({ name }) => name),
  );
  for (const type of types) {
    const old = before.schema.getType(type.name);
    if (changed.has(type.name) || !isComposite(type) || !isComposite(old)) continue;
    for (const { name, type: leadsTo } of Object.values(type.getFields())) {
      if (!old.getFields()[name] || changed.has(getNamedType(leadsTo).name)) continue;
      compare(`${type.name}.${name}`, before.access.ofField(type.name, name), after.access.ofField(type.name, name));
    }
  }
  return changes;
}

function isComposite(type: unknown) {
  return isObjectType(type) || isInterfaceType(type);
}

function wordsOf(rule: AccessRule | undefined): string {
  return rule ? described(rule).replace(/\.$/, '') : 'anybody';
}
