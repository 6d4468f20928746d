import { createHash } from 'node:crypto';
import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  print,
  type ArgumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { Shape } from './response-shape.ts';

/** A selection that is the same for all who ask for the same, however they name and order their fields. */
export type CanonicalSelection = { fields: Map<string, CanonicalField>; fragments: Map<string, CanonicalSelection> };
export type CanonicalField = { name: string; arguments: readonly string[]; selection?: CanonicalSelection };

/**
 * Adds a selection to a canonical one, under names of its own: a field's name, with a hash of its arguments where it has
 * some and with the type where it is selected for one type only. Fields that are selected twice become one.
 * @param shape is filled with what makes the wanted answer from the canonical one
 * @param schema tells the types; a fragment on the very type of its parent is no different from none
 */
export function addSelection(
  canonical: CanonicalSelection,
  shape: Shape,
  selectionSet: SelectionSetNode,
  options: {
    schema: GraphQLSchema;
    fragments: ReadonlyMap<string, FragmentDefinitionNode>;
    parent: GraphQLCompositeType | undefined;
    /** The types of the fragments around. */
    within?: string;
  },
): void {
  const { schema, fragments, parent, within = '' } = options;
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FIELD) {
      addField(canonical, shape, selection, options);
      continue;
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value)! : selection;
    const condition = fragment.typeCondition?.name.value;
    if (condition === undefined || condition === parent?.name) {
      addSelection(canonical, shape, fragment.selectionSet, options);
      continue;
    }
    const type = schema.getType(condition);
    const ofType = canonical.fragments.get(condition) ?? emptySelection();
    canonical.fragments.set(condition, ofType);
    addSelection(ofType, shape, fragment.selectionSet, {
      ...options,
      parent: isCompositeType(type) ? type : undefined,
      within: within ? `${within}_${condition}` : condition,
    });
  }
}

function addField(
  canonical: CanonicalSelection,
  shape: Shape,
  field: FieldNode,
  options: Parameters<typeof addSelection>[3],
): void {
  const name = field.name.value;
  const given = argumentTexts(field.arguments ?? []);
  const from = canonicalName(name, given, options.within ?? '');
  const known = canonical.fields.get(from) ?? { name, arguments: given };
  canonical.fields.set(from, known);
  const entry: Shape[number] = { to: field.alias?.value ?? name, from };
  if (field.selectionSet) {
    known.selection ??= emptySelection();
    entry.shape = [];
    addSelection(known.selection, entry.shape, field.selectionSet, {
      ...options,
      within: '',
      parent: typeOf(options.parent, name),
    });
  }
  shape.push(entry);
}

export function emptySelection(): CanonicalSelection {
  return { fields: new Map(), fragments: new Map() };
}

/** The arguments of a field as texts, in the order of their names. */
export function argumentTexts(given: readonly ArgumentNode[]): string[] {
  return given.map((argument) => print(argument)).toSorted();
}

/** A selection as GraphQL text, in an order of its own. */
export function printSelection({ fields, fragments }: CanonicalSelection): string {
  if (fields.size === 0 && fragments.size === 0) return '{__typename}';
  const ofFields = [...fields].map(([as, field]) => printField(as, field)).toSorted();
  const ofFragments = [...fragments].map(([type, selection]) => `...on ${type}${printSelection(selection)}`).toSorted();
  return `{${[...ofFields, ...ofFragments].join(' ')}}`;
}

export function printField(as: string, { name, arguments: given, selection }: CanonicalField): string {
  const named = as === name ? name : `${as}:${name}`;
  return `${named}${given.length > 0 ? `(${given.join(',')})` : ''}${selection ? printSelection(selection) : ''}`;
}

function canonicalName(name: string, given: string[], within: string): string {
  const withArguments =
    given.length === 0 ? name : `${name}_${createHash('sha256').update(given.join(',')).digest('hex').slice(0, 12)}`;
  return within ? `${withArguments}__${within}` : withArguments;
}

function typeOf(parent: GraphQLCompositeType | undefined, field: string): GraphQLCompositeType | undefined {
  if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
  const definition = parent.getFields()[field];
  const type = definition && getNamedType(definition.type);
  return isCompositeType(type) ? type : undefined;
}
