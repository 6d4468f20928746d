import {
  Kind,
  visit,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { isConditional } from './conditions.ts';
import type { OperationNeeds } from './operation-needs.ts';

export type AllowedPart = {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** Under this name every object tells its type that could be of several; no other field of the document has it. */
  typeMark: string;
};

/** What is left of some selections. `isConditional`: some of what is gone is only asked for on a condition. */
type Rest = { selections: SelectionNode[]; isConditional: boolean };

/**
 * What may be asked for of an operation: it has no refused field, nothing that consisted of refused fields only, and no
 * fragment and variable that is of no use any more. Where something is only refused on a condition (`@skip`, `@include`),
 * what it belongs to stays: it has to be answered where the condition is not met.
 * @returns `undefined` when nothing is left
 */
export function allowedPart(
  { document, operation, fragments, abstractFields }: OperationNeeds,
  isRefused: (field: FieldNode) => boolean,
): AllowedPart | undefined {
  const typeMark = unusedName(document);
  const typeField: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: typeMark },
    name: { kind: Kind.NAME, value: '__typename' },
  };
  const restsOfFragments = new Map<string, Rest>();

  function restOf({ selections }: SelectionSetNode): Rest {
    const rest: Rest = { selections: [], isConditional: false };
    for (const selection of selections) {
      const kept = selection.kind === Kind.FIELD ? restOfField(selection) : restOfFragment(selection);
      if (kept.node) rest.selections.push(kept.node);
      rest.isConditional ||= kept.isConditional || (!kept.node && isConditional(selection));
    }
    return rest;
  }

  function restOfField(field: FieldNode): { node?: FieldNode; isConditional: boolean } {
    if (isRefused(field)) return { isConditional: false };
    if (!field.selectionSet) return { node: field, isConditional: false };
    const { selections, isConditional: mayBeThere } = restOf(field.selectionSet);
    if (selections.length === 0 && !mayBeThere) return { isConditional: false };
    const isUntyped = selections.length === 0 || abstractFields.has(field);
    return { node: withSelections(field, isUntyped ? [typeField, ...selections] : selections), isConditional: false };
  }

  function restOfFragment(node: Exclude<SelectionNode, FieldNode>): { node?: SelectionNode; isConditional: boolean } {
    const rest =
      node.kind === Kind.INLINE_FRAGMENT ? restOf(node.selectionSet) : restOfNamed(fragments.get(node.name.value));
    if (rest.selections.length === 0) return rest;
    const kept = node.kind === Kind.INLINE_FRAGMENT ? withSelections(node, rest.selections) : node;
    return { node: kept, isConditional: rest.isConditional };
  }

  function restOfNamed(fragment: FragmentDefinitionNode | undefined): Rest {
    const name = fragment?.name.value ?? '';
    const rest =
      restsOfFragments.get(name) ??
      (fragment ? restOf(fragment.selectionSet) : { selections: [], isConditional: false });
    restsOfFragments.set(name, rest);
    return rest;
  }

  const { selections } = restOf(operation.selectionSet);
  if (selections.length === 0) return undefined;
  const definitions = [...fragments.values()].flatMap((fragment) => {
    const rest = restsOfFragments.get(fragment.name.value);
    return rest && rest.selections.length > 0 ? [withSelections(fragment, rest.selections)] : [];
  });
  const used = usedNames([withSelections(operation, selections), ...definitions]);
  const allowed: OperationDefinitionNode = {
    ...withSelections(operation, selections),
    variableDefinitions: operation.variableDefinitions?.filter(({ variable }) =>
      used.variables.has(variable.name.value),
    ),
  };
  return {
    document: {
      kind: Kind.DOCUMENT,
      definitions: [allowed, ...definitions.filter(({ name }) => used.fragments.has(name.value))],
      // Who keeps what is made of a document weighs it by its length.
      ...(document.loc && { loc: document.loc }),
    },
    operation: allowed,
    typeMark,
  };
}

function withSelections<Node extends { selectionSet?: SelectionSetNode | undefined }>(
  node: Node,
  selections: readonly SelectionNode[],
): Node {
  return { ...node, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}

/** The variables and fragments that the first definition uses, through fragments, too. */
function usedNames([operation, ...fragments]: readonly DefinitionNode[]) {
  const variables = new Set<string>();
  const used = new Set<string>();
  const look = {
    VariableDefinition: () => false as const,
    Variable: (node: { name: { value: string } }) => void variables.add(node.name.value),
    FragmentSpread: (node: { name: { value: string } }) => void used.add(node.name.value),
  };
  visit(operation!, look);
  for (const name of used) {
    const fragment = fragments.find((each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name);
    if (fragment) visit(fragment, look);
  }
  return { variables, fragments: used };
}

function unusedName(document: DocumentNode): string {
  const names = new Set<string>();
  visit(document, { Field: ({ alias, name }) => void names.add((alias ?? name).value) });
  let name = 'typeOfObject';
  while (names.has(name)) name += '_';
  return name;
}
