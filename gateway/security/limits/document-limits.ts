import {
  Kind,
  type DocumentNode,
  type ExecutableDefinitionNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { ErrorCode } from '#shared/errors.ts';
import { limitError } from './limit-error.ts';

/** How much a document may ask for. A fragment counts wherever it is spread. */
export type DocumentLimits = {
  /** Levels of fields. What is asked of the schema itself (`__schema`, `__type`) is one level: validation has its own limit for it. */
  maxDepth: number;
  /** Fields and fragments of all operations together. */
  maxSelections: number;
  /** Fields with which one operation begins. */
  maxRootFields: number;
  /** Of one operation. */
  maxAliases: number;
  /** Of one operation, its variables and fragments. */
  maxDirectives: number;
};

/** Selections within selections, fragments included, that are looked into: beyond, a document is too deep in any case. */
const mostNested = 500;

/** What selections come to, fragments included. Numbers may be infinite: fragments double each other. */
type Size = { depth: number; selections: number; fields: number; aliases: number; directives: number };

/**
 * Judges documents before they are validated, because validation takes longer than parsing does and can be made to take very
 * long. The time that it takes is proportional to the length of the text, whatever its fragments come to; fragments that
 * contain themselves are left to validation.
 * @returns what is wrong with a document, each limit once
 */
export function createDocumentLimits(limits: DocumentLimits): (document: DocumentNode) => GraphQLError[] {
  return (document) => {
    const measure = createMeasure(document);
    const errors = new Map<ErrorCode, GraphQLError>();

    function check(definition: ExecutableDefinitionNode, code: ErrorCode, size: number, limit: number, what: string) {
      if (size <= limit || errors.has(code)) return;
      errors.set(code, limitError(code, `${what}: ${limit} at most`, { details: { limit }, node: definition }));
    }

    let selections = 0;
    for (const { definition, size, isOperation } of measure.definitions()) {
      selections += size.selections;
      check(definition, 'TOO_DEEP', size.depth, limits.maxDepth, 'Too many levels of fields');
      check(definition, 'TOO_MANY_SELECTIONS', selections, limits.maxSelections, 'Too many fields and fragments');
      check(definition, 'TOO_MANY_ALIASES', size.aliases, limits.maxAliases, 'Too many aliases');
      check(definition, 'TOO_MANY_DIRECTIVES', size.directives, limits.maxDirectives, 'Too many directives');
      if (isOperation)
        check(definition, 'TOO_MANY_ROOT_FIELDS', size.fields, limits.maxRootFields, 'Too many root fields');
    }
    return [...errors.values()];
  };
}

/** Measures what is executable in a document: operations, and then the fragments that none of them has led to. */
function createMeasure(document: DocumentNode) {
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  const known = new Map<string, Size>();
  let nested = 0;

  function fragmentSize(name: string): Size {
    const existing = known.get(name);
    if (existing) return existing;
    const size = emptySize();
    // Known from now on, as empty: one that contains itself ends here.
    known.set(name, size);
    const fragment = fragments.get(name);
    if (fragment) addDefinition(size, fragment);
    return size;
  }

  function addDefinition(size: Size, definition: ExecutableDefinitionNode): void {
    size.directives += definition.directives?.length ?? 0;
    for (const { directives } of definition.variableDefinitions ?? []) size.directives += directives?.length ?? 0;
    addSelections(size, definition.selectionSet, 0);
  }

  function addSelections(size: Size, { selections }: SelectionSetNode, level: number): void {
    if (nested > mostNested) return void (size.depth = Infinity);
    nested += 1;
    for (const selection of selections) addSelection(size, selection, level);
    nested -= 1;
  }

  function addSelection(size: Size, selection: SelectionNode, level: number): void {
    size.selections += 1;
    size.directives += selection.directives?.length ?? 0;
    if (selection.kind === Kind.INLINE_FRAGMENT) return addSelections(size, selection.selectionSet, level);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return addFragment(size, fragmentSize(selection.name.value), level);
    if (selection.alias) size.aliases += 1;
    if (level === 0) size.fields += 1;
    size.depth = Math.max(size.depth, level + 1);
    const isOfSchema = selection.name.value.startsWith('__');
    if (!selection.selectionSet) return;
    const depth = size.depth;
    addSelections(size, selection.selectionSet, level + 1);
    if (isOfSchema && Number.isFinite(size.depth)) size.depth = depth;
  }

  return {
    *definitions(): Generator<{ definition: ExecutableDefinitionNode; size: Size; isOperation: boolean }> {
      for (const definition of operations) {
        const size = emptySize();
        addDefinition(size, definition);
        yield { definition, size, isOperation: true };
      }
      for (const [name, definition] of fragments)
        if (!known.has(name)) yield { definition, size: fragmentSize(name), isOperation: false };
    },
  };
}

function addFragment(size: Size, fragment: Size, level: number): void {
  size.depth = Math.max(size.depth, level + fragment.depth);
  size.selections += fragment.selections;
  size.aliases += fragment.aliases;
  size.directives += fragment.directives;
  if (level === 0) size.fields += fragment.fields;
}

function emptySize(): Size {
  return { depth: 0, selections: 0, fields: 0, aliases: 0, directives: 0 };
}
