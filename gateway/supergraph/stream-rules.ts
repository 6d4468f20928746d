import {
  BREAK,
  buildASTSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { directiveNameIn } from './linked-features.ts';
import { requiredFieldsOf } from './required-fields.ts';

/** What the subgraphs say in their schemas of who may share what. */
export type StreamRules = {
  /** Whether of the events of one key only the newest counts, of the subscription with this root field. */
  isConflatable(subscriptionField: string): boolean;
  /**
   * Whether what an operation answers may depend on who asks, so that it is shared with nobody. It is when anything that it
   * selects, or that a subgraph requires for it, is marked `@personal` or protected; and every mutation is. What the gateway asks of
   * a subgraph can be judged as well. Where the schema does not know the mark everything is personal.
   */
  isPersonal(document: DocumentNode, operation: OperationDefinitionNode): boolean;
  /** The same of one field; in doubt, as where there is no such field, it is personal. */
  isPersonalField(typeName: string, fieldName: string): boolean;
};

const streamsSpec = 'https://specs.gold-supergraph.example/streams';

/**
 * Reads the rules from a supergraph schema, where composition has put the directives of all subgraphs together. It takes
 * some 20 ms: once a schema.
 * @param supergraph with the protecting directives still in it
 */
export function createStreamRules(supergraph: DocumentNode | string): StreamRules {
  const document = typeof supergraph === 'string' ? parse(supergraph, { noLocation: true }) : supergraph;
  const schema = buildASTSchema(document, { assumeValidSDL: true });
  const conflatable = directiveNameIn(document, streamsSpec, 'conflatable');
  const personal = directiveNameIn(document, streamsSpec, 'personal');
  /** Subgraphs that have never heard of the mark cannot have said of anything that everybody may share it. */
  const saysWhatIsPersonal = Boolean(schema.getDirective(personal));
  const personalMarks = new Set([
    personal,
    // Who may not see what is protected is answered otherwise than who may: it depends on the caller, too.
    ...['authenticated', 'requiresScopes', 'policy'].map((name) =>
      directiveNameIn(document, `https://specs.apollo.dev/${name}`, name),
    ),
  ]);
  const isMarked = (node: Marked) => node?.directives?.some(({ name }) => personalMarks.has(name.value)) ?? false;
  const isMarkedType = (type: GraphQLNamedType) => isMarked(type.astNode);
  const subscription = schema.getSubscriptionType();
  /** By `Type.field`; true while it is being found out: what requires itself is in doubt. */
  const known = new Map<string, boolean>();

  function isPersonalField(typeName: string, fieldName: string): boolean {
    // `__typename` says nothing that the field does not say which leads to it; the schema is the same for everybody. By
    // `_entities` the gateway asks a subgraph for what an operation selects, which is judged by itself.
    if (fieldName.startsWith('__') || fieldName === '_entities') return false;
    const type = schema.getType(typeName);
    if (!saysWhatIsPersonal || (!isObjectType(type) && !isInterfaceType(type))) return true;
    const field = type.getFields()[fieldName];
    if (!field) return true;
    const name = `${typeName}.${fieldName}`;
    const answer = known.get(name);
    if (answer !== undefined) return answer;
    known.set(name, true);
    const found = findPersonal(type, field);
    known.set(name, found);
    return found;
  }

  function findPersonal(
    type: GraphQLObjectType | GraphQLInterfaceType,
    field: GraphQLField<unknown, unknown>,
  ): boolean {
    if ([...relativesOf(schema, type)].some((relative) => isPersonalHere(relative, field.name))) return true;
    // A field that leads to something personal says whether it is there.
    const leadsTo = getNamedType(field.type);
    return isMarked(leadsTo.astNode) || (isAbstractType(leadsTo) && membersOf(schema, leadsTo).some(isMarkedType));
  }

  function isPersonalHere(type: GraphQLObjectType | GraphQLInterfaceType, fieldName: string): boolean {
    const field = type.getFields()[fieldName]?.astNode;
    if (isMarkedType(type) || isMarked(field)) return true;
    return requiredFieldsOf(field?.directives).some((selection) => touchesPersonal(selection, type));
  }

  function touchesPersonal(node: ASTNode, root?: GraphQLNamedType, seen?: (fragment: string) => void): boolean {
    let isFound = false;
    const types = new TypeInfo(schema, root);
    const look = {
      enter(inner: ASTNode) {
        if (inner.kind === Kind.FRAGMENT_SPREAD) seen?.(inner.name.value);
        if (inner.kind === Kind.FIELD) isFound = isPersonalField(types.getParentType()?.name ?? '', inner.name.value);
        return isFound ? BREAK : undefined;
      },
    };
    visit(node, visitWithTypeInfo(types, look));
    return isFound;
  }

  return {
    isConflatable: (fieldName) => hasDirective(subscription?.getFields()[fieldName]?.astNode, conflatable),
    isPersonal(client, operation) {
      if (operation.operation === OperationTypeNode.MUTATION) return true;
      const fragments = new Set<string>();
      const spread = (fragment: string) => void fragments.add(fragment);
      if (touchesPersonal(operation, undefined, spread)) return true;
      // A set is walked to its end although it grows on the way.
      for (const name of fragments) {
        const fragment = client.definitions.find(
          (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
        );
        if (!fragment || touchesPersonal(fragment, undefined, spread)) return true;
      }
      return false;
    },
    isPersonalField,
  };
}

/** A type, the interfaces that it implements, and the types that implement it: a mark on a field of one is meant for all. */
function relativesOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType | GraphQLInterfaceType,
): Set<GraphQLObjectType | GraphQLInterfaceType> {
  const members = isInterfaceType(type) ? membersOf(schema, type) : [];
  return new Set([type, ...members, ...[type, ...members].flatMap((member) => member.getInterfaces())]);
}

function membersOf(schema: GraphQLSchema, type: GraphQLNamedType): (GraphQLObjectType | GraphQLInterfaceType)[] {
  if (!isAbstractType(type)) return [];
  const interfaces = isInterfaceType(type) ? schema.getImplementations(type).interfaces : [];
  return [...schema.getPossibleTypes(type), ...interfaces];
}

type Marked = { readonly directives?: readonly DirectiveNode[] | undefined } | null | undefined;

function hasDirective(node: Marked, directive: string): boolean {
  return node?.directives?.some(({ name }) => name.value === directive) ?? false;
}
