import {
  getNullableType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { isIncluded, type Variables } from './conditions.ts';
import type { OperationVariant } from './operation-variant.ts';

type Data = Record<string, unknown>;

/** The fields of an object by their names in the answer, and the fragments that they were found in. */
type Collected = { fields: Map<string, FieldNode[]>; used: Set<string> };

/** What stands for null where there must not be one: it takes the next value around it that may be null. */
const nothing = Symbol('nothing');

/**
 * Makes the answer to an operation of the answer to its allowed part: every field is at its place in the order of the
 * operation, and what was left out is null, with what must not be null around it. It only ever takes away: what it is given
 * has nothing that the caller may not see, whatever else was fetched to find it.
 * @param schema what clients see
 * @param data the answer to the allowed part; it stays as it is
 */
export function completedAnswer(
  { needs, allowed }: OperationVariant,
  schema: GraphQLSchema,
  data: Data | null,
  variables: Variables,
): Data | null {
  const { operation, fragments } = needs;

  function object(given: Data, type: GraphQLObjectType, nodes: readonly FieldNode[]): Data | typeof nothing {
    const collected: Collected = { fields: new Map(), used: new Set() };
    for (const { selectionSet } of nodes) if (selectionSet) collect(selectionSet, type, collected);
    return filled(given, type, collected.fields);
  }

  function filled(given: Data, type: GraphQLObjectType, fields: ReadonlyMap<string, FieldNode[]>) {
    // Clients choose the names: the object inherits nothing, so that `__proto__` is a name like others.
    const answer = Object.create(null) as Data;
    for (const [name, nodes] of fields) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      const completed = field(value, type, nodes);
      if (completed === nothing) return nothing;
      answer[name] = completed;
    }
    return answer;
  }

  function field(value: unknown, parent: GraphQLObjectType, nodes: readonly FieldNode[]): unknown {
    const name = nodes[0]!.name.value;
    // The schema is nobody's secret; an object that is there has a type.
    if (name === '__schema' || name === '__type') return value ?? null;
    if (name === '__typename') return value ?? nothing;
    return valueOf(value, parent.getFields()[name]!.type, nodes);
  }

  function valueOf(value: unknown, type: GraphQLOutputType, nodes: readonly FieldNode[]): unknown {
    const completed = nullableValueOf(value, getNullableType(type), nodes);
    return completed === null && isNonNullType(type) ? nothing : completed;
  }

  function nullableValueOf(value: unknown, type: GraphQLOutputType, nodes: readonly FieldNode[]): unknown {
    if (value === undefined || value === null) return null;
    if (isListType(type)) {
      if (!Array.isArray(value)) return null;
      const items = value.map((item) => valueOf(item, type.ofType, nodes));
      return items.includes(nothing) ? null : items;
    }
    if (!isObjectType(type) && !isAbstractType(type)) return value;
    const own = isObjectType(type) ? type : schema.getType(String((value as Data)[allowed!.typeMark]));
    const completed = isObjectType(own) ? object(value as Data, own, nodes) : null;
    return completed === nothing ? null : completed;
  }

  /** The fields that an object has in the answer, in the order in which they are asked for first. */
  function collect({ selections }: SelectionSetNode, type: GraphQLObjectType, into: Collected): void {
    for (const selection of selections) {
      if (!isIncluded(selection, variables, operation)) continue;
      // A fragment that is used twice for one object has nothing new to say, and might be used without end.
      if (selection.kind === Kind.FRAGMENT_SPREAD && into.used.has(selection.name.value)) continue;
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const nodes = into.fields.get(name);
        if (nodes) nodes.push(selection);
        else into.fields.set(name, [selection]);
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) into.used.add(selection.name.value);
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment && isOf(type, fragment.typeCondition?.name.value)) collect(fragment.selectionSet, type, into);
    }
  }

  function isOf(type: GraphQLObjectType, condition: string | undefined): boolean {
    if (condition === undefined || condition === type.name) return true;
    const wider = schema.getType(condition);
    return isAbstractType(wider) && schema.isSubType(wider, type);
  }

  if (data === null) return null;
  const root = schema.getRootType(operation.operation)!;
  const collected: Collected = { fields: new Map(), used: new Set() };
  collect(operation.selectionSet, root, collected);
  const completed = filled(data, root, collected.fields);
  return completed === nothing ? null : completed;
}
