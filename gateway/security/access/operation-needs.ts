import {
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { keyOf, type AccessRule } from '../../supergraph/access-rule.ts';
import type { AccessRules } from '../../supergraph/access-rules.ts';

/** What it takes to be answered an operation in full. */
export type OperationNeeds = {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Every rule of a field in it, each once. */
  rules: readonly AccessRule[];
  /** The protected fields of the document, with the number of their rule. */
  protectedFields: ReadonlyMap<FieldNode, number>;
  /** The fields of the document of whose answers only `__typename` tells the type. */
  abstractFields: ReadonlySet<FieldNode>;
  /** The same for operations that are alike, with the same rules at the same places. */
  signature: string;
};

/**
 * Finds what an operation selects that is protected.
 * @param schema what clients see, against which the document has been validated
 * @returns `undefined` for an operation that anybody is answered
 */
export function findNeeds(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  accessRules: AccessRules,
): OperationNeeds | undefined {
  const fragments = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const numbers = new Map<string, number>();
  const rules: AccessRule[] = [];
  const protectedFields = new Map<FieldNode, number>();
  const abstractFields = new Set<FieldNode>();
  const places: string[] = [];
  const spread = new Set<string>();

  function read({ selections }: SelectionSetNode, type: GraphQLNamedType): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) readField(selection, type);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) spread.add(selection.name.value);
      else read(selection.selectionSet, typeNamed(selection.typeCondition?.name.value ?? type.name));
    }
  }

  function readField(node: FieldNode, type: GraphQLNamedType): void {
    const name = node.name.value;
    const rule = accessRules.ofField(type.name, name);
    if (rule) {
      const key = keyOf(rule);
      if (!numbers.has(key)) numbers.set(key, rules.push(rule) - 1);
      protectedFields.set(node, numbers.get(key)!);
      places.push(`${type.name}.${name} ${key}`);
    }
    if (!node.selectionSet || name === '__schema' || name === '__type') return;
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (!field) throw new Error(`The operation was not validated: there is no ${type.name}.${name}`);
    const leadsTo = getNamedType(field.type);
    if (isAbstractType(leadsTo)) abstractFields.add(node);
    read(node.selectionSet, leadsTo);
  }

  function typeNamed(name: string): GraphQLNamedType {
    const type = schema.getType(name);
    if (!type) throw new Error(`The operation was not validated: there is no type ${name}`);
    return type;
  }

  read(operation.selectionSet, schema.getRootType(operation.operation)!);
  // A set is walked to its end although it grows on the way.
  for (const name of spread) {
    const fragment = fragments.get(name);
    if (fragment) read(fragment.selectionSet, typeNamed(fragment.typeCondition.name.value));
  }
  if (rules.length === 0) return undefined;
  return { document, operation, fragments, rules, protectedFields, abstractFields, signature: places.join('\n') };
}
