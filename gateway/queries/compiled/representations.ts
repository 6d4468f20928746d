import { applyRewrites } from '@apollo/gateway/dist/dataRewrites.js';
import {
  getResponseName,
  type FetchNode,
  type QueryPlanFieldNode,
  type QueryPlanInlineFragmentNode,
  type QueryPlanSelectionNode,
} from '@apollo/query-planner';
import { isAbstractType, isInterfaceType, isObjectType, Kind, type GraphQLSchema } from 'graphql';
import { jsonText } from './json-text.ts';
import type { Tree } from './merge.ts';
import { requiredFields } from './required-fields.ts';

/** Gives the JSON by which a subgraph knows an entity; `undefined` where it is not to be asked for this one. */
export type RepresentationWriter = (entity: unknown) => string | undefined;

/** Writes the JSON of what is selected of a value; `undefined` where something is missing. */
type SelectionWriter = (known: Tree) => string | undefined;

/** Makes the writer of what a fetch requires. What depends on the type of an entity is found out once for each type. */
export function createRepresentationWriter(
  { requires = [], inputRewrites }: Pick<FetchNode, 'requires' | 'inputRewrites'>,
  schema: GraphQLSchema,
): RepresentationWriter {
  const writers = new Map<string, SelectionWriter>();

  /** Anything that a plan may require, and its rewrites: as an object first. */
  function inGeneral(entity: unknown): string | undefined {
    const representation = requiredFields(schema, entity, requires);
    if (!representation?.__typename) return undefined;
    applyRewrites(schema, inputRewrites, representation);
    return JSON.stringify(representation);
  }

  if (inputRewrites || !requires.every(isConditional)) return inGeneral;
  const fragments = requires.filter(isConditional);

  function writerOf(typeName: string): SelectionWriter {
    const [fragment, ...others] = fragments.filter(({ typeCondition }) => isOfType(schema, typeName, typeCondition!));
    if (!fragment) return () => undefined;
    // What several fragments say of one entity is put together in general form.
    const isPlain = others.length === 0 && isTold(fragment) && isWithoutFragments(fragment.selections);
    return isPlain ? selectionWriter(fragment.selections as QueryPlanFieldNode[]) : inGeneral;
  }

  return (entity) => {
    const typeName = (entity as Tree).__typename;
    if (typeof typeName !== 'string') return undefined;
    const known = writers.get(typeName);
    if (known) return known(entity as Tree);
    // Types that do not exist are not remembered: subgraphs could name any number of them.
    if (!schema.getType(typeName)) return undefined;
    const writer = writerOf(typeName);
    writers.set(typeName, writer);
    return writer(entity as Tree);
  };
}

function isConditional(selection: QueryPlanSelectionNode): selection is QueryPlanInlineFragmentNode {
  return selection.kind === Kind.INLINE_FRAGMENT && selection.typeCondition !== undefined;
}

function isOfType(schema: GraphQLSchema, typeName: string, condition: string): boolean {
  if (typeName === condition) return true;
  const type = schema.getType(typeName);
  const wanted = schema.getType(condition);
  return isAbstractType(wanted) && (isObjectType(type) || isInterfaceType(type)) && schema.isSubType(wanted, type);
}

/** Whether the fragment selects the name of the type, without which there is no representation. */
function isTold({ selections }: QueryPlanInlineFragmentNode): boolean {
  return selections.some((selection) => selection.kind === Kind.FIELD && getResponseName(selection) === '__typename');
}

function isWithoutFragments(selections: readonly QueryPlanSelectionNode[]): boolean {
  const names = new Set(selections.map((selection) => selection.kind === Kind.FIELD && getResponseName(selection)));
  return (
    selections.length > 0 &&
    names.size === selections.length &&
    selections.every(
      (selection) =>
        selection.kind === Kind.FIELD && (!selection.selections || isWithoutFragments(selection.selections)),
    )
  );
}

function selectionWriter(fields: readonly QueryPlanFieldNode[]): SelectionWriter {
  const writers = fields.map((field, index) => {
    const name = getResponseName(field);
    const below = field.selections && selectionWriter(field.selections as QueryPlanFieldNode[]);
    return {
      name,
      isInherited: name in Object.prototype,
      key: `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`,
      write: below ? (value: unknown) => belowText(value, below) : jsonText,
    };
  });
  return (known) => {
    let text = '';
    for (const { name, isInherited, key, write } of writers) {
      const value = isInherited && !Object.hasOwn(known, name) ? undefined : known[name];
      if (value === undefined) return undefined;
      text += key + write(value);
    }
    return `${text}}`;
  };
}

function belowText(value: unknown, write: SelectionWriter): string {
  if (!Array.isArray(value)) return objectText(value, write);
  return `[${value.map((item) => objectText(item, write)).join(',')}]`;
}

function objectText(value: unknown, write: SelectionWriter): string {
  return value === null ? 'null' : (write(value as Tree) ?? 'null');
}
