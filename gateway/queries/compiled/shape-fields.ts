import {
  isCompositeType,
  isObjectType,
  isSubtype,
  Variable,
  type CompositeType,
  type FieldDefinition,
  type OperationElement,
  type Schema,
  type SelectionSet,
  type Type,
} from '@apollo/federation-internals';

/** What is selected of an object in one place of an operation. */
export type Selected = {
  selectionSet: SelectionSet;
  /** The type of the object, as far as it is known without being told by its `__typename`. */
  type: CompositeType;
};

/** A field of an answer, with everything that is selected of it in all places that are merged into it. */
export type ShapedField = {
  name: string;
  /** A `__typename` has no type here: it is the name of `typeName`. */
  type: Type | undefined;
  typeName: string | undefined;
  below: Selected[];
};

/** Fields that are asked for under a name that means something else in another place: only invalid operations have them. */
export class UnclearShape extends Error {}

/**
 * The fields of an object's answer in their order, for the values that the variables of `@skip` and `@include` have.
 * @param typeName the `__typename` that the object has been answered with
 */
export function shapedFields(
  selected: readonly Selected[],
  typeName: string | undefined,
  schema: Schema,
  conditions: Readonly<Record<string, unknown>>,
): ShapedField[] {
  const fields = new Map<string, ShapedField>();
  const told = typeName === undefined ? undefined : schema.type(typeName);
  // A fragment says nothing new when it is spread again.
  const seen = new Map<SelectionSet, CompositeType>();

  function collect({ selectionSet, type }: Selected): void {
    if (seen.get(selectionSet) === type) return;
    seen.set(selectionSet, type);
    for (const selection of selectionSet.selections()) {
      if (isLeftOut(selection.element, conditions)) continue;
      if (selection.kind === 'FieldSelection') {
        const { definition, name } = selection.element;
        const responseName = selection.element.responseName();
        if (name === '__typename') addTypename(responseName, type);
        else add(responseName, definition, selection.selectionSet);
      } else {
        const { typeCondition } = selection.element;
        if (typeCondition && !isSubtype(typeCondition, told ?? type)) continue;
        collect({ selectionSet: selection.selectionSet, type: typeCondition ?? type });
      }
    }
  }

  function addTypename(name: string, type: CompositeType): void {
    if (fields.has(name)) return;
    const its = told ?? type;
    if (!isObjectType(its)) throw new UnclearShape(`${its} is not the type of an object`);
    fields.set(name, { name, type: undefined, typeName: its.name, below: [] });
  }

  function add(name: string, { type }: FieldDefinition<CompositeType>, selectionSet: SelectionSet | undefined): void {
    const field = fields.get(name) ?? { name, type, typeName: undefined, below: [] };
    if (!field.type || formOf(field.type) !== formOf(type!)) throw new UnclearShape(`${name} has several types`);
    const below = selectionSet && { selectionSet, type: innermost(type!) as CompositeType };
    if (below && !field.below.some((known) => known.selectionSet === selectionSet && known.type === below.type))
      field.below.push(below);
    fields.set(name, field);
  }

  for (const each of selected) collect(each);
  return [...fields.values()];
}

/** The variables that decide what is left out of an operation. */
export function conditionVariables(operation: SelectionSet): Set<string> {
  const names = new Set<string>();
  // A set is walked to its end although it grows on the way.
  const sets = new Set([operation]);
  for (const set of sets) {
    for (const { element, selectionSet } of set.selections()) {
      for (const { condition } of conditionsOf(element)) if (condition instanceof Variable) names.add(condition.name);
      if (selectionSet) sets.add(selectionSet);
    }
  }
  return names;
}

/** The type behind "list of" and "not null". */
export function innermost(type: Type): Type {
  return type.kind === 'ListType' || type.kind === 'NonNullType' ? innermost(type.ofType) : type;
}

function formOf(type: Type): string {
  if (type.kind === 'ListType') return `[${formOf(type.ofType)}]`;
  if (type.kind === 'NonNullType') return `${formOf(type.ofType)}!`;
  return isCompositeType(type) ? '{}' : type.toString();
}

function isLeftOut(element: OperationElement, conditions: Readonly<Record<string, unknown>>): boolean {
  return conditionsOf(element).some(({ name, condition }) => {
    const isMet = condition instanceof Variable ? conditions[condition.name] : condition;
    return isMet === (name === 'skip');
  });
}

function conditionsOf(element: OperationElement) {
  return element.appliedDirectives
    .filter(({ name }) => name === 'skip' || name === 'include')
    .map((directive) => ({ name: directive.name, condition: directive.arguments().if as unknown }));
}
