import {
  getOperationAST,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { rulesInOneVisit } from './rules-in-one-visit.ts';
import { createDocumentLimits, type DocumentLimits } from './security/limits/document-limits.ts';
import { limitError } from './security/limits/limit-error.ts';
import { noIntrospection } from './security/limits/no-introspection.ts';
import type { OperationCost } from './security/limits/operation-cost.ts';
import type { Generation } from './supergraph/generation.ts';

/** An operation that may be executed, and what is found out once for all of its requests. */
export type ValidOperation = {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** What it costs, by its variables. */
  costOf: OperationCost['costOf'];
};

/** Parses and validates what clients send; what was found is kept by the text, for each generation of its own. */
export type ValidDocuments = {
  /** @returns the operation, the same object each time while it is kept, or the errors that a client gets for it */
  read(
    generation: Generation,
    query: string,
    operationName: string | null | undefined,
  ): ValidOperation | GraphQLError[];
};

/** What was found of a text: its operations by name, as far as somebody has asked for them. */
type Read = { document: DocumentNode; operations: Map<string, ValidOperation | GraphQLError[]> };

/** Characters of the texts that are known of a generation, of all together and of one: clients choose their length. */
const keptCharacters = 4_000_000;
const longestKept = 64_000;
/** Validation ends after so many mistakes. */
const maxErrors = 20;

/**
 * @param options.limits what a document may ask for, judged before it is validated
 * @param options.maxTokens how long its text may be, in words, numbers and signs
 * @param options.introspection whether clients may ask for the schema
 * @param options.hideSuggestions whether errors keep to themselves which names of the schema are close to a wrong one
 */
export function createValidDocuments(options: {
  limits: DocumentLimits;
  maxTokens: number;
  introspection: boolean;
  hideSuggestions: boolean;
}): ValidDocuments {
  const { maxTokens, hideSuggestions } = options;
  const overLimits = createDocumentLimits(options.limits);
  const rules = [rulesInOneVisit(options.introspection ? specifiedRules : [...specifiedRules, noIntrospection])];
  const known = new WeakMap<Generation, LRUCache<string, Read | GraphQLError[]>>();

  function knownOf(generation: Generation): LRUCache<string, Read | GraphQLError[]> {
    const existing = known.get(generation);
    if (existing) return existing;
    const made = new LRUCache<string, Read | GraphQLError[]>({
      maxSize: keptCharacters,
      maxEntrySize: longestKept,
      sizeCalculation: (_read, query) => 1_000 + query.length,
    });
    known.set(generation, made);
    return made;
  }

  function readText(generation: Generation, query: string): Read | GraphQLError[] {
    const document = parsed(query, maxTokens);
    if ('message' in document) return [document];
    const early = [...overLimits(document), ...conditionalRoots(document)];
    if (early.length > 0) return early;
    const errors = validate(generation.apiSchema, document, rules, { maxErrors, hideSuggestions });
    if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
    return { document, operations: new Map() };
  }

  return {
    read(generation, query, operationName) {
      const texts = knownOf(generation);
      let read = texts.get(query);
      if (!read) {
        read = notTooDeep(() => readText(generation, query));
        texts.set(query, read);
      }
      if (!('document' in read)) return read;
      const { document, operations } = read;
      const name = operationName ?? '';
      const existing = operations.get(name);
      if (existing) return existing;
      const operation = getOperationAST(document, operationName || undefined);
      // Not kept: names that do not exist are without number.
      if (!operation) return [unknownOperation(operationName)];
      const found = notTooDeep(() => validOperation(generation, document, operation));
      operations.set(name, found);
      return found;
    },
  };
}

function validOperation(
  generation: Generation,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ValidOperation | GraphQLError[] {
  // No rule of the specification says this: validation leaves out what is of a type that is not there.
  if (!generation.apiSchema.getRootType(operation.operation)) {
    const extensions = { code: 'GRAPHQL_VALIDATION_FAILED' };
    return [new GraphQLError(`The schema has no ${operation.operation}s`, { nodes: operation, extensions })];
  }
  const { errors, costOf } = generation.costRules.of(document, operation);
  return errors.length > 0 ? [...errors] : { document, operation, costOf };
}

function parsed(query: string, maxTokens: number): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    // graphql-js says so in these words, and by no code.
    if (!error.message.endsWith('tokens. Parsing aborted.')) return withCode(error, 'GRAPHQL_PARSE_FAILED');
    return limitError('TOO_MANY_TOKENS', `Too many words, numbers and signs: ${maxTokens} at most`, {
      details: { limit: maxTokens },
    });
  }
}

/** What is nested in other ways than fields are, such as lists of lists, may be too much for the stack. */
function notTooDeep<T>(read: () => T): T | GraphQLError[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [limitError('TOO_DEEP', 'The document is nested too deeply')];
  }
}

/**
 * A condition on the root field of a subscription, or on a fragment that it is in, would leave nothing to subscribe to: the
 * planner throws on it, and so does graphql-js while it validates.
 */
function conditionalRoots(document: DocumentNode): GraphQLError[] {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const seen = new Set<string>();

  function conditionIn(selections: readonly SelectionNode[]): SelectionNode | undefined {
    for (const node of selections) {
      if (node.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include')) return node;
      const found = conditionIn(rootsIn(node));
      if (found) return found;
    }
    return undefined;
  }

  /** The root fields that are selected by way of a fragment. */
  function rootsIn(node: SelectionNode): readonly SelectionNode[] {
    if (node.kind === Kind.FIELD) return [];
    if (node.kind === Kind.INLINE_FRAGMENT) return node.selectionSet.selections;
    if (seen.has(node.name.value)) return [];
    seen.add(node.name.value);
    return fragments.find(({ name }) => name.value === node.name.value)?.selectionSet.selections ?? [];
  }

  const roots = document.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .filter(({ operation }) => operation === OperationTypeNode.SUBSCRIPTION)
    .flatMap(({ selectionSet }) => selectionSet.selections);
  const node = conditionIn(roots);
  if (!node) return [];
  const message =
    '@skip and @include cannot stand on the root field of a subscription: leave the subscription out instead, or put them on the fields below';
  return [new GraphQLError(message, { nodes: node, extensions: { code: 'OPERATION_NOT_SUPPORTED' } })];
}

function unknownOperation(operationName: string | null | undefined): GraphQLError {
  const message = operationName
    ? `There is no operation named "${operationName}" in the document`
    : 'Name the operation to run: the document has several, or none';
  return new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  if (error.extensions.code) return error;
  const { nodes, source, positions } = error;
  return new GraphQLError(error.message, { nodes, source, positions, extensions: { code } });
}
