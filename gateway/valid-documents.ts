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
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Generation } from './supergraph/generation.ts';

export type ValidOperation = { document: DocumentNode; operation: OperationDefinitionNode };

/** Parses and validates what clients send; what was found is kept by the text, for each generation of its own. */
export type ValidDocuments = {
  /** @returns the operation, or the errors that a client gets for it */
  read(
    generation: Generation,
    query: string,
    operationName: string | null | undefined,
  ): ValidOperation | GraphQLError[];
};

/** Characters of the texts that are known, of all together and of one: clients choose their length. */
const keptCharacters = 4_000_000;
const longestKept = 64_000;

export function createValidDocuments(): ValidDocuments {
  const known = new LRUCache<string, DocumentNode | GraphQLError[]>({
    maxSize: keptCharacters,
    maxEntrySize: longestKept,
    sizeCalculation: (_document, key) => 1_000 + key.length,
  });
  return {
    read(generation, query, operationName) {
      const key = `${generation.id} ${query}`;
      const document = known.get(key) ?? parseAndValidate(generation, query);
      known.set(key, document);
      if (Array.isArray(document)) return document;
      const operation = getOperationAST(document, operationName);
      return operation ? { document, operation } : [unknownOperation(operationName)];
    },
  };
}

function parseAndValidate(generation: Generation, query: string): DocumentNode | GraphQLError[] {
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch (error) {
    return [withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')];
  }
  const conditional = conditionalRoot(document);
  if (conditional) return [conditional];
  const errors = validate(generation.apiSchema, document, specifiedRules);
  return errors.length > 0 ? errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')) : document;
}

/**
 * A condition on the root field of a subscription would leave nothing to subscribe to: the planner throws on it, and so
 * does graphql-js while it validates.
 */
function conditionalRoot(document: DocumentNode): GraphQLError | undefined {
  const node = document.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .filter(({ operation }) => operation === OperationTypeNode.SUBSCRIPTION)
    .flatMap(({ selectionSet }) => selectionSet.selections)
    .find(({ directives }) => directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'));
  if (!node) return undefined;
  const message =
    '@skip and @include cannot stand on the root field of a subscription: leave the subscription out instead, or put them on the fields below';
  return new GraphQLError(message, { nodes: node, extensions: { code: 'OPERATION_NOT_SUPPORTED' } });
}

function unknownOperation(operationName: string | null | undefined): GraphQLError {
  const message = operationName
    ? `There is no operation named "${operationName}" in the document`
    : 'Name the operation to run: the document has several, or none';
  return new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions } = error;
  return new GraphQLError(error.message, { nodes, source, positions, extensions: { code } });
}
