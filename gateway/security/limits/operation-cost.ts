import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { largest, product, sum, valueOf, type Term, type Variables } from './cost-terms.ts';
import { readCostWeights, type CostWeights, type FieldWeight, type ListSize } from './cost-weights.ts';
import { inputCost, knownDefaults } from './input-cost.ts';
import { limitError } from './limit-error.ts';
import { listLength } from './list-length.ts';

/** What an operation costs before it is executed. */
export type OperationCost = {
  /** What is wrong with the operation in any case: lists that nobody bounds. */
  errors: readonly GraphQLError[];
  /**
   * What it costs with these variables, as the client has sent them; they need not be valid. A whole number, `Infinity` for
   * what is beyond all measure.
   */
  costOf(variables: Variables): number;
};

export type CostRules = {
  /** Makes what tells the cost of an operation, once for all of its requests. @param document is valid */
  of(document: DocumentNode, operation: OperationDefinitionNode): OperationCost;
};

/** What a mutation costs beside its fields. */
const mutationWeight = 10;
/** Answers about the schema are long, and made by the gateway itself. */
const schemaWeights: Record<string, number> = { __schema: 100, __type: 10, __typename: 0 };

/**
 * The cost of operations as Apollo Router counts it from `@cost` and `@listSize`: an object 1, a scalar and an enum nothing,
 * a mutation 10, an input object 1; what is in a list as many times as the list is long. It is an upper bound as long as
 * lists are no longer than said: what is asked for twice under one name counts once, as it is executed; the branches of a
 * union are added up; and a field under `@skip` or `@include` counts unless they leave it out for everybody.
 * @param supergraph with these directives still in it
 * @param options.assumedListSize the length of lists of which nothing is said
 */
export function createCostRules(supergraph: DocumentNode, options: { assumedListSize?: number } = {}): CostRules {
  const { assumedListSize = 10 } = options;
  const weights = readCostWeights(supergraph);
  return {
    of(document, operation) {
      const errors: GraphQLError[] = [];
      const cost = operationTerm({ weights, assumedListSize, document, operation, errors });
      // Weights may be negative, as for fields that make others cheaper.
      return { errors, costOf: (variables) => Math.max(0, valueOf(cost, variables)) };
    },
  };
}

/** How long the list of a field is, where the field says it that leads to its parent. */
type Sized = (fieldName: string) => Term | undefined;

/** What is said of a field's lists, with what that comes to. */
type Lengths = readonly ({ said: ListSize; length: Term } | undefined)[];

/** The same field of the same type under the same name: executed once. */
type SameFields = { parentType: string; nodes: FieldNode[] };

function operationTerm(options: {
  weights: CostWeights;
  assumedListSize: number;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  errors: GraphQLError[];
}): Term {
  const { weights, assumedListSize, document, operation, errors } = options;
  const defaults = knownDefaults(operation);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);

  function selectionsTerm(sets: readonly SelectionSetNode[], typeName: string, sized: Sized | undefined): Term {
    const groups = new Map<string, SameFields>();
    const seen = new Set<string>();
    for (const set of sets) collect(set, typeName, groups, seen);
    return sum([...groups.values()].map((group) => fieldTerm(group, sized)));
  }

  function collect(
    set: SelectionSetNode,
    parentType: string,
    groups: Map<string, SameFields>,
    seen: Set<string>,
  ): void {
    for (const selection of set.selections) {
      if (isLeftOut(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = `${parentType} ${(selection.alias ?? selection.name).value}`;
        const group = groups.get(key);
        if (group) group.nodes.push(selection);
        else groups.set(key, { parentType, nodes: [selection] });
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) continue;
      const on = fragment.typeCondition?.name.value ?? parentType;
      const isOfObject = weights.isObject(parentType);
      if (isOfObject && weights.isObject(on) && on !== parentType) continue;
      // Of an object, a fragment on an interface of it asks the same fields.
      const type = isOfObject ? parentType : on;
      const key = `${type} ${selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : ''}`;
      if (selection.kind === Kind.FRAGMENT_SPREAD && seen.has(key)) continue;
      seen.add(key);
      collect(fragment.selectionSet, type, groups, seen);
    }
  }

  function fieldTerm({ parentType, nodes }: SameFields, sized: Sized | undefined): Term {
    const [node] = nodes as [FieldNode];
    const field = weights.field(parentType, node.name.value);
    if (!field) return schemaWeights[node.name.value] ?? 0;
    const lengths = field.listSizes.map((said) => {
      if (said) requireSlicing(said, field, node);
      return said && { said, length: listLength({ listSize: said, field, node, defaults, assumedListSize }) };
    });
    const below = selectionsTerm(
      nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
      field.typeName,
      (fieldName) => sizedBelow(lengths, fieldName),
    );
    const things = product(lengthOf(field, lengths, sized?.(node.name.value)), sum([field.weight, below]));
    return sum([things, ...argumentTerms(field, node)]);
  }

  function sizedBelow(lengths: Lengths, fieldName: string): Term | undefined {
    if (!lengths.some((each) => each?.said.sizedFields.includes(fieldName))) return undefined;
    return largest(lengths.map((each) => (each?.said.sizedFields.includes(fieldName) ? each.length : assumedListSize)));
  }

  function lengthOf({ lists }: FieldWeight, lengths: Lengths, sized: Term | undefined): Term {
    if (lists === 0) return 1;
    const own = lengths.map((each) => (each?.said.sizedFields.length === 0 ? each.length : assumedListSize));
    return product(sized ?? largest(own), assumedListSize ** (lists - 1));
  }

  function argumentTerms(field: FieldWeight, node: FieldNode): Term[] {
    return (node.arguments ?? []).map(({ name, value }) => {
      const argument = field.arguments.get(name.value);
      return argument ? inputCost({ value, input: argument, weights, defaults }) : 0;
    });
  }

  function requireSlicing(listSize: ListSize, { arguments: known }: FieldWeight, node: FieldNode): void {
    const names = listSize.slicingArguments;
    if (names.length === 0 || !listSize.requireOneSlicingArgument) return;
    const given = names.filter((name) =>
      node.arguments?.some((each) => each.name.value === name && each.value.kind !== Kind.NULL),
    );
    const isByDefault = names.some((name) => known.get(name)?.defaultValue !== undefined);
    if (given.length === 1 || (given.length === 0 && isByDefault)) return;
    const message = `"${node.name.value}" needs exactly one of these arguments, which say how many are asked for: ${names.join(', ')}`;
    errors.push(limitError('SLICING_ARGUMENT_REQUIRED', message, { details: { arguments: [...names] }, node }));
  }

  const fields = selectionsTerm([operation.selectionSet], weights.rootType(operation.operation), undefined);
  return sum([operation.operation === OperationTypeNode.MUTATION ? mutationWeight : 0, fields]);
}

/** Whether nobody gets what is selected, whatever their variables. */
function isLeftOut({ directives }: SelectionNode): boolean {
  return (directives ?? []).some(({ name, arguments: given }) => {
    const condition = given?.find((each) => each.name.value === 'if')?.value;
    if (condition?.kind !== Kind.BOOLEAN) return false;
    return name.value === 'skip' ? condition.value : name.value === 'include' && !condition.value;
  });
}
