import {
  buildASTSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parse,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { cacheHintOf } from './cache-hint.ts';

/** For how long answers may be kept at most, as the schema says; what subgraphs say of an answer itself may be less. */
export type CacheRules = {
  /**
   * Seconds that answers to an operation of a client may be kept at most; 0 for not at all, which every mutation and
   * everything personal is. It walks through the operation: once an operation.
   */
  maxAgeOf(document: DocumentNode, operation: OperationDefinitionNode): number;
  /** The same of what the gateway asks of a subgraph, `_entities` included. */
  maxAgeOfSubgraphText(text: string): number;
};

/**
 * Reads `@cacheControl` from a supergraph schema, with the meaning that it has for Apollo Server: an answer may be kept for as
 * long as the least of its parts; a field that leads to an object, or begins an operation, not at all unless the field
 * or the object's type says more; any other field for as long as what it belongs to. Of a field of an interface the
 * least of all types counts that it may turn out to be. What is for one caller only (`scope: PRIVATE`) is not kept.
 * @param supergraph with every directive still in it
 * @param isPersonal whether what an operation answers may depend on who asks
 * @see https://www.apollographql.com/docs/apollo-server/performance/caching
 */
export function createCacheRules(
  supergraph: DocumentNode | string,
  isPersonal: (document: DocumentNode, operation: OperationDefinitionNode) => boolean,
): CacheRules {
  const document = typeof supergraph === 'string' ? parse(supergraph, { noLocation: true }) : supergraph;
  const schema = buildASTSchema(document, { assumeValidSDL: true });
  /** Seconds by `Type.field`: what the field itself allows; no bound where it is as its parent. */
  const known = new Map<string, number>();

  function maxAgeOfField(type: GraphQLNamedType, fieldName: string): number {
    const name = `${type.name}.${fieldName}`;
    const found = known.get(name) ?? findMaxAge(schema, type, fieldName);
    known.set(name, found);
    return found;
  }

  function maxAgeOf(client: DocumentNode, operation: OperationDefinitionNode): number {
    if (operation.operation !== OperationTypeNode.QUERY) return 0;
    const query = schema.getQueryType();
    let maxAge = Infinity;
    const seen = new Set<string>();

    function walk({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined): void {
      for (const selection of selections) {
        if (maxAge === 0) return;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          walk(selection.selectionSet, namedType(selection.typeCondition?.name.value, type));
        } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
          walkFragment(selection.name.value);
        } else if (selection.name.value === '_entities') {
          walkEntities(selection.selectionSet);
        } else if (selection.name.value !== '__typename') {
          const leadsTo = type && fieldsOf(type)?.[selection.name.value]?.type;
          maxAge = leadsTo ? Math.min(maxAge, maxAgeOfField(type, selection.name.value)) : 0;
          if (selection.selectionSet) walk(selection.selectionSet, leadsTo && getNamedType(leadsTo));
        }
      }
    }

    function walkFragment(name: string): void {
      if (seen.has(name)) return;
      seen.add(name);
      const fragment = client.definitions.find(
        (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
      );
      if (fragment?.kind === Kind.FRAGMENT_DEFINITION)
        walk(fragment.selectionSet, namedType(fragment.typeCondition.name.value, undefined));
      else maxAge = 0;
    }

    /** What a reference leads to may be kept for as long as its type says. */
    function walkEntities(selectionSet: SelectionSetNode | undefined): void {
      for (const selection of selectionSet?.selections ?? []) {
        if (selection.kind === Kind.FIELD) continue;
        const isInline = selection.kind === Kind.INLINE_FRAGMENT;
        const type = isInline ? namedType(selection.typeCondition?.name.value, undefined) : undefined;
        maxAge = Math.min(maxAge, cacheHintOf(type?.astNode).maxAge ?? 0);
        if (isInline) walk(selection.selectionSet, type);
      }
    }

    function namedType(name: string | undefined, otherwise: GraphQLNamedType | undefined) {
      return name === undefined ? otherwise : schema.getType(name);
    }

    walk(operation.selectionSet, query ?? undefined);
    return maxAge === Infinity ? 0 : maxAge;
  }

  return {
    maxAgeOf(client, operation) {
      const maxAge = maxAgeOf(client, operation);
      return maxAge > 0 && isPersonal(client, operation) ? 0 : maxAge;
    },
    maxAgeOfSubgraphText(text) {
      const asked = parse(text, { noLocation: true });
      const operation = asked.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
      return operation ? maxAgeOf(asked, operation) : 0;
    },
  };
}

function findMaxAge(schema: GraphQLSchema, type: GraphQLNamedType, fieldName: string): number {
  const members = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  const ages = [type, ...members].map((member) => {
    const field = fieldsOf(member)?.[fieldName];
    if (!field) return Infinity;
    const leadsTo = getNamedType(field.type);
    const ofType = isCompositeType(leadsTo) ? cacheHintOf(leadsTo.astNode) : {};
    const ofField = cacheHintOf(field.astNode);
    if (ofType.isPrivate || ofField.isPrivate) return 0;
    const inherits = ofField.inherits && ofType.maxAge === undefined;
    const said = inherits ? undefined : (ofField.maxAge ?? ofType.maxAge);
    if (said !== undefined) return said;
    const isBounded = isCompositeType(leadsTo) && !inherits && !ofType.inherits;
    return isBounded || member === schema.getQueryType() ? 0 : Infinity;
  });
  return Math.min(...ages);
}

function fieldsOf(type: GraphQLNamedType) {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields() : undefined;
}
