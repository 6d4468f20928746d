import {
  getLocation,
  GraphQLError,
  Kind,
  parse,
  print,
  Source,
  specifiedRules,
  validate,
  visit,
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';
import { hashOf, type ManifestOperation } from './manifest.ts';

/** A file of GraphQL operations and fragments. */
export type GraphqlFile = { path: string; text: string };

/** An operation of a file with the fragments that it needs, of whatever file. */
export type CollectedDocument = {
  name: string;
  /** Where it stands, `file:line:column`. */
  place: string;
  operation: OperationDefinitionNode;
  document: DocumentNode;
};

/**
 * Collects the operations of files; a fragment of one may be used in all. Each has to have a name, once, and to be valid.
 * @param limitsOf what is wrong with the size of a document, where that is limited
 * @returns the operations by name, and what is wrong, as `file:line:column: what`
 */
export function collectDocuments(
  files: readonly GraphqlFile[],
  schema: GraphQLSchema,
  limitsOf: (document: DocumentNode) => readonly GraphQLError[] = () => [],
): { documents: CollectedDocument[]; problems: string[] } {
  const problems = new Set<string>();
  const problem = (node: ASTNode | undefined, what: string) => problems.add(`${placeOf(node)}: ${what}`);
  const operations = new Map<string, OperationDefinitionNode>();
  const fragments = new Map<string, FragmentDefinitionNode>();

  function take(definition: DefinitionNode): void {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) return takeOnce(fragments, definition, 'fragment');
    if (definition.kind !== Kind.OPERATION_DEFINITION)
      return void problem(definition, 'only operations and fragments can be trusted');
    if (!definition.name)
      return void problem(definition, `the ${definition.operation} needs a name, by which it is known`);
    takeOnce(operations, definition, 'operation');
  }
  function takeOnce<Node extends OperationDefinitionNode | FragmentDefinitionNode>(
    known: Map<string, Node>,
    definition: Node,
    kind: string,
  ): void {
    const name = definition.name!.value;
    const other = known.get(name);
    if (other) problem(definition, `there is another ${kind} named ${name} (${placeOf(other)})`);
    else known.set(name, definition);
  }

  for (const { path, text } of files) {
    try {
      parse(new Source(text, path)).definitions.forEach(take);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const [at] = error.locations ?? [];
      problems.add(`${path}:${at?.line ?? 1}:${at?.column ?? 1}: ${error.message}`);
    }
  }
  const documents = [...operations]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, operation]): CollectedDocument => {
      const document = { kind: Kind.DOCUMENT as const, definitions: [operation, ...fragmentsOf(operation, fragments)] };
      const errors = validate(schema, document, specifiedRules);
      for (const error of errors.length > 0 ? errors : limitsOf(document)) problem(error.nodes?.[0], error.message);
      return { name, place: placeOf(operation), operation, document };
    });
  return { documents, problems: [...problems] };
}

/**
 * What a manifest says of a document.
 * @param options.typenames adds `__typename` to every selection below the operation, as Apollo Client and urql do before
 * they send it
 */
export function manifestOperation(
  { name, operation, document }: CollectedDocument,
  options: { typenames: boolean },
): ManifestOperation {
  const body = print(options.typenames ? withTypenames(document) : document);
  return { id: hashOf(body), name, type: operation.operation, body };
}

/** The fragments that are used below a node, in the order of their first use. */
function fragmentsOf(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FragmentDefinitionNode[] {
  const used = new Set<FragmentDefinitionNode>();
  function follow(node: ASTNode): void {
    visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || used.has(fragment)) return;
        used.add(fragment);
        follow(fragment);
      },
    });
  }
  follow(operation);
  return [...used];
}

function withTypenames(document: DocumentNode): DocumentNode {
  const typename = { kind: Kind.FIELD as const, name: { kind: Kind.NAME as const, value: '__typename' } };
  return visit(document, {
    SelectionSet: {
      leave(node, _key, parent) {
        if (parent && 'kind' in parent && parent.kind === Kind.OPERATION_DEFINITION) return undefined;
        const isLeft = node.selections.some(isMeta);
        return isLeft ? undefined : { ...node, selections: [...node.selections, typename] };
      },
    },
  });
}

/** Clients add nothing where `__typename` or a part of the introspection is asked for already. */
function isMeta(selection: SelectionNode): boolean {
  return selection.kind === Kind.FIELD && selection.name.value.startsWith('__');
}

function placeOf(node: ASTNode | undefined): string {
  if (!node?.loc) return 'unknown place';
  const { line, column } = getLocation(node.loc.source, node.loc.start);
  return `${node.loc.source.name}:${line}:${column}`;
}
