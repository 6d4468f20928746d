import {
  Kind,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type TypeNode,
} from 'graphql';
import { directiveNameIn } from '../../supergraph/linked-features.ts';

/** How long a list is, by `@listSize`. */
export type ListSize = {
  assumedSize: number | undefined;
  slicingArguments: readonly string[];
  /** Fields of what the field leads to whose lists this is about; the field's own list where there are none. */
  sizedFields: readonly string[];
  requireOneSlicingArgument: boolean;
};

/** What an argument or a field of an input costs when it is given. */
export type InputWeight = {
  /** The innermost type. */
  typeName: string;
  weight: number;
  defaultValue: ConstValueNode | undefined;
};

/** What a field costs, without what is selected of it. */
export type FieldWeight = {
  /** The innermost type. */
  typeName: string;
  /** Of each thing that the field leads to. */
  weight: number;
  /** How many lists are within each other: 0 where it leads to one thing. */
  lists: number;
  /**
   * What is said of how long its lists are, or that nothing is: one of these holds. There are several where an interface leaves it to
   * the types that implement it.
   */
  listSizes: readonly (ListSize | undefined)[];
  arguments: ReadonlyMap<string, InputWeight>;
};

/** The weights of a schema. */
export type CostWeights = {
  /** `undefined` where there is no such field, as for `__typename`. */
  field(typeName: string, fieldName: string): FieldWeight | undefined;
  /** The fields of an input type; `undefined` for every other type. */
  inputFields(typeName: string): ReadonlyMap<string, InputWeight> | undefined;
  isObject(typeName: string): boolean;
  /** The type that operations of a kind begin at. */
  rootType(operation: 'query' | 'mutation' | 'subscription'): string;
};

type Definition = DocumentNode['definitions'][number];
type Directives = { readonly directives?: readonly ConstDirectiveNode[] | undefined };

const costIdentity = 'https://specs.apollo.dev/cost';
const compositeKinds = new Set<string>([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
]);

/**
 * Reads `@cost` and `@listSize` (https://specs.apollo.dev/cost/v0.1, https://ibm.github.io/graphql-specs/cost-spec.html) from
 * a supergraph schema, whatever it calls them. Without them an object costs 1, and a scalar and an enum nothing. What is
 * asked of an interface or a union costs as much as the most expensive of what it may turn out to be.
 */
export function readCostWeights(supergraph: DocumentNode): CostWeights {
  const costName = directiveNameIn(supergraph, costIdentity, 'cost');
  const listSizeName = directiveNameIn(supergraph, costIdentity, 'listSize');
  const types = new Map<string, Definition>();
  for (const each of supergraph.definitions) if ('name' in each && each.name) types.set(each.name.value, each);
  const members = membersByType(supergraph);
  const fields = new Map<string, FieldWeight | undefined>();
  const inputs = new Map<string, ReadonlyMap<string, InputWeight> | undefined>();

  function weightOn(node: Directives | undefined): number | undefined {
    const weight = argumentsOf(node, costName)?.weight;
    return typeof weight === 'number' ? weight : undefined;
  }

  function typeWeight(typeName: string): number {
    const type = types.get(typeName);
    const own = weightOn(type as Directives | undefined);
    if (own !== undefined) return own;
    const ofMembers = (members.get(typeName) ?? []).map(typeWeight);
    return ofMembers.length > 0 ? Math.max(...ofMembers) : Number(compositeKinds.has(type?.kind ?? ''));
  }

  function inputWeight(node: InputValueDefinitionNode): InputWeight {
    const typeName = innermost(node.type);
    return { typeName, weight: weightOn(node) ?? typeWeight(typeName), defaultValue: node.defaultValue };
  }

  function inputsOf(nodes: readonly InputValueDefinitionNode[] = []): ReadonlyMap<string, InputWeight> {
    return new Map(nodes.map((node) => [node.name.value, inputWeight(node)]));
  }

  function listSizeOn(node: FieldDefinitionNode): ListSize | undefined {
    const given = argumentsOf(node, listSizeName);
    if (!given) return undefined;
    const { assumedSize, slicingArguments, sizedFields, requireOneSlicingArgument } = given;
    return {
      assumedSize: typeof assumedSize === 'number' ? assumedSize : undefined,
      slicingArguments: (slicingArguments as string[] | undefined) ?? [],
      sizedFields: (sizedFields as string[] | undefined) ?? [],
      requireOneSlicingArgument: requireOneSlicingArgument !== false,
    };
  }

  function fieldNode(typeName: string, fieldName: string): FieldDefinitionNode | undefined {
    const type = types.get(typeName);
    const nodes = type && 'fields' in type ? (type.fields as readonly FieldDefinitionNode[] | undefined) : undefined;
    return nodes?.find(({ name }) => name.value === fieldName);
  }

  function findField(typeName: string, fieldName: string): FieldWeight | undefined {
    const node = fieldNode(typeName, fieldName);
    if (!node) return undefined;
    const ofMembers = (members.get(typeName) ?? []).flatMap((member) => field(member, fieldName) ?? []);
    const listSize = listSizeOn(node);
    const ofOthers = ofMembers.flatMap(({ listSizes }) => listSizes);
    const leadsTo = innermost(node.type);
    const weights = [weightOn(node) ?? typeWeight(leadsTo), ...ofMembers.map(({ weight }) => weight)];
    return {
      typeName: leadsTo,
      weight: Math.max(...weights),
      lists: listsIn(node.type),
      listSizes: listSize || ofOthers.length === 0 ? [listSize] : ofOthers,
      arguments: inputsOf(node.arguments),
    };
  }

  function field(typeName: string, fieldName: string): FieldWeight | undefined {
    const key = `${typeName}.${fieldName}`;
    if (!fields.has(key)) fields.set(key, findField(typeName, fieldName));
    return fields.get(key);
  }

  return {
    field,
    inputFields(typeName) {
      const type = types.get(typeName);
      if (type?.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION) return undefined;
      if (!inputs.has(typeName)) inputs.set(typeName, inputsOf(type.fields));
      return inputs.get(typeName);
    },
    isObject: (typeName) => types.get(typeName)?.kind === Kind.OBJECT_TYPE_DEFINITION,
    rootType(operation) {
      const schema = supergraph.definitions.find(({ kind }) => kind === Kind.SCHEMA_DEFINITION);
      const roots = schema?.kind === Kind.SCHEMA_DEFINITION ? schema.operationTypes : [];
      const root = roots.find((each) => each.operation === operation);
      return root?.type.name.value ?? operation[0]!.toUpperCase() + operation.slice(1);
    },
  };
}

/** By interface and union: the objects that it may turn out to be. */
function membersByType(supergraph: DocumentNode): Map<string, string[]> {
  const members = new Map<string, string[]>();
  for (const each of supergraph.definitions) {
    if (each.kind === Kind.UNION_TYPE_DEFINITION)
      members.set(each.name.value, each.types?.map(({ name }) => name.value) ?? []);
    if (each.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    for (const { name } of each.interfaces ?? [])
      members.set(name.value, [...(members.get(name.value) ?? []), each.name.value]);
  }
  return members;
}

function argumentsOf(node: Directives | undefined, directive: string): Record<string, unknown> | undefined {
  const found = node?.directives?.find(({ name }) => name.value === directive);
  return (
    found &&
    Object.fromEntries(found.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]) ?? [])
  );
}

function innermost(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : innermost(type.type);
}

function listsIn(type: TypeNode): number {
  if (type.kind === Kind.NAMED_TYPE) return 0;
  return Number(type.kind === Kind.LIST_TYPE) + listsIn(type.type);
}
