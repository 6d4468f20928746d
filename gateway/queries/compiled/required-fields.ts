import { isObjectOfType } from '@apollo/gateway/dist/dataRewrites.js';
import { getResponseName, type QueryPlanSelectionNode } from '@apollo/query-planner';
import { Kind, type GraphQLSchema } from 'graphql';
import { merge, type Tree } from './merge.ts';

/**
 * What a subgraph requires of an entity, taken from what is known of it: the general form, for any selection. A fragment of
 * which something is missing gives nothing at all.
 * @returns null where something is missing
 */
export function requiredFields(
  schema: GraphQLSchema,
  source: unknown,
  selections: readonly QueryPlanSelectionNode[],
): Tree | null {
  if (source === null) return null;
  const known = source as Tree;
  const found = Object.create(null) as Tree;
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const name = getResponseName(selection);
      if (!Object.hasOwn(known, name) || known[name] === undefined) return null;
      found[name] = requiredValue(schema, known[name], selection.selections);
    } else if (selection.typeCondition && known && isObjectOfType(schema, known, selection.typeCondition)) {
      merge(found, requiredFields(schema, known, selection.selections));
    }
  }
  return found;
}

function requiredValue(
  schema: GraphQLSchema,
  value: unknown,
  selections: readonly QueryPlanSelectionNode[] | undefined,
): unknown {
  if (!selections) return value;
  if (!Array.isArray(value)) return requiredFields(schema, value, selections);
  return value.map((item: unknown) => requiredFields(schema, item, selections));
}
