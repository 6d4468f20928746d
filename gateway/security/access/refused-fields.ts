import { Kind, type DirectiveNode, type FieldNode, type SelectionNode, type SelectionSetNode } from 'graphql';
import { conditionsOf } from './conditions.ts';
import type { OperationNeeds } from './operation-needs.ts';

/** A refused field where an operation asks for it. */
export type RefusedField = {
  /** Names of the answer from the root, without places in lists; empty for what is not told one by one. */
  path: readonly string[];
  /** All `@skip` and `@include` on the way there. */
  conditions: readonly DirectiveNode[];
};

/** So many are told one by one: fragments multiply them. */
const toldOneByOne = 200;

/** The refused fields of an operation, in its order. Beyond a number that no honest client reaches one stands for the rest. */
export function refusedFields(
  { operation, fragments }: Pick<OperationNeeds, 'operation' | 'fragments'>,
  isRefused: (field: FieldNode) => boolean,
): RefusedField[] {
  const refused: RefusedField[] = [];
  const known = new Map<SelectionSetNode, boolean>();

  /** Ways that lead to nothing refused are not gone: they may be very many. */
  function leadsToRefused(selection: SelectionNode): boolean {
    if (selection.kind === Kind.FIELD && isRefused(selection)) return true;
    const below = belowOf(selection);
    if (!below) return false;
    const found = known.get(below) ?? below.selections.some(leadsToRefused);
    known.set(below, found);
    return found;
  }

  function belowOf(selection: SelectionNode): SelectionSetNode | undefined {
    return selection.kind === Kind.FRAGMENT_SPREAD
      ? fragments.get(selection.name.value)?.selectionSet
      : selection.selectionSet;
  }

  function walk({ selections }: SelectionSetNode, path: readonly string[], conditions: readonly DirectiveNode[]): void {
    for (const selection of selections) {
      if (refused.length > toldOneByOne) return;
      if (!leadsToRefused(selection)) continue;
      const own = conditionsOf(selection.directives);
      const all = own.length > 0 ? [...conditions, ...own] : conditions;
      const here = selection.kind === Kind.FIELD ? [...path, (selection.alias ?? selection.name).value] : path;
      if (selection.kind === Kind.FIELD && isRefused(selection)) refused.push({ path: here, conditions: all });
      else walk(belowOf(selection)!, here, all);
    }
  }

  walk(operation.selectionSet, [], []);
  return refused.length > toldOneByOne ? [...refused.slice(0, toldOneByOne), { path: [], conditions: [] }] : refused;
}
