import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

type Names = { cost: string; listSize: string };
type Known = {
  directives?: readonly {
    name: { value: string };
    arguments?: readonly { name: { value: string }; value: ValueNode }[];
  }[];
};
type AnyField = GraphQLField<unknown, unknown>;

/** What a directive says of something, as plain values. */
export function saidBy(node: unknown, directive: string): Record<string, unknown> | undefined {
  const found = (node as Known | null | undefined)?.directives?.find(({ name }) => name.value === directive);
  return (
    found &&
    Object.fromEntries((found.arguments ?? []).map((each) => [each.name.value, valueFromASTUntyped(each.value)]))
  );
}

/** What one thing costs that a field leads to. */
export function weightOf(schema: GraphQLSchema, field: AnyField, names: Names): number {
  const own = saidBy(field.astNode, names.cost)?.weight as number | undefined;
  return own ?? weightOfType(schema, getNamedType(field.type), names);
}

function weightOfType(schema: GraphQLSchema, type: GraphQLNamedType, names: Names): number {
  const own = saidBy(type.astNode, names.cost)?.weight as number | undefined;
  if (own !== undefined) return own;
  if (isAbstractType(type))
    return Math.max(...schema.getPossibleTypes(type).map((each) => weightOfType(schema, each, names)));
  return isLeafType(type) ? 0 : 1;
}

/**
 * The cost of an operation in the plainest words, for one set of variables: nothing is prepared, everything is looked up where
 * it is needed. It is what the compiled one is compared with.
 */
export function plainCost(options: {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
  assumedListSize: number;
  names: Names;
}): number {
  const { schema, document, operation, variables, assumedListSize, names } = options;

  function valueIn(node: ValueNode | undefined): unknown {
    if (!node) return undefined;
    if (node.kind !== Kind.VARIABLE) return valueFromASTUntyped(node, variables);
    const name = node.name.value;
    if (Object.hasOwn(variables, name)) return variables[name];
    return valueIn(operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue);
  }

  function flatten(set: SelectionSetNode, type: GraphQLNamedType): { type: GraphQLNamedType; node: FieldNode }[] {
    return set.selections
      .filter((selection) => !isExcluded(selection))
      .flatMap((selection) => {
        if (selection.kind === Kind.FIELD) return [{ type, node: selection }];
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT
            ? selection
            : document.definitions.find(
                (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
              );
        if (!fragment || !('selectionSet' in fragment)) throw new Error('there is no such fragment');
        const on =
          'typeCondition' in fragment && fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
        if (on && isObjectType(on) && isObjectType(type) && on !== type) return [];
        return flatten(fragment.selectionSet, on && !isObjectType(type) ? on : type);
      });
  }

  function costOfSets(
    sets: { set: SelectionSetNode; type: GraphQLNamedType }[],
    sized: Record<string, number>,
  ): number {
    const fields = sets.flatMap(({ set, type }) => flatten(set, type));
    const keyOf = ({ type, node }: (typeof fields)[number]) => `${type.name} ${(node.alias ?? node.name).value}`;
    const groups = Object.values(Object.groupBy(fields, keyOf));
    return groups.reduce((total, group) => total + costOfField(group!, sized), 0);
  }

  function listSizesOf(type: GraphQLNamedType, field: AnyField): (Record<string, unknown> | undefined)[] {
    const own = saidBy(field.astNode, names.listSize);
    if (own || !isInterfaceType(type)) return [own];
    const members = schema.getPossibleTypes(type).map((each) => each.getFields()[field.name]!);
    return members.map(({ astNode }) => saidBy(astNode, names.listSize));
  }

  function lengthOf(said: Record<string, unknown>, field: AnyField, node: FieldNode): number {
    const given = ((said.slicingArguments as string[] | undefined) ?? []).flatMap((slicing) => {
      const argument = node.arguments?.find((each) => each.name.value === slicing);
      const value = argument ? valueIn(argument.value) : undefined;
      const size = value ?? field.args.find((each) => each.name === slicing)!.defaultValue;
      return typeof size === 'number' ? [Math.max(0, size)] : [];
    });
    return given.length > 0 ? Math.max(...given) : ((said.assumedSize as number | undefined) ?? assumedListSize);
  }

  function costOfField(group: { type: GraphQLNamedType; node: FieldNode }[], sized: Record<string, number>): number {
    const [{ type, node }] = group as [(typeof group)[number]];
    const name = node.name.value;
    if (name === '__typename') return 0;
    const field = (type as { getFields(): Record<string, AnyField> }).getFields()[name];
    // It stands under a fragment that holds for another type.
    if (!field) return 0;
    const alternatives = listSizesOf(type, field);
    const fieldsSized = alternatives.flatMap((said) => (said?.sizedFields as string[] | undefined) ?? []);
    const sizedAs = (said: Record<string, unknown> | undefined, below: string | undefined) => {
      const sizedFields = (said?.sizedFields as string[] | undefined) ?? [];
      const isMeant = below === undefined ? sizedFields.length === 0 : sizedFields.includes(below);
      return said && isMeant ? lengthOf(said, field, node) : assumedListSize;
    };
    const below = Object.fromEntries(
      fieldsSized.map((each) => [each, Math.max(...alternatives.map((said) => sizedAs(said, each)))]),
    );

    let lists = 0;
    for (let of = getNullableType(field.type); isListType(of); of = getNullableType(of.ofType)) lists += 1;
    const own = Math.max(...alternatives.map((said) => sizedAs(said, undefined)));
    const things = lists === 0 ? 1 : (sized[name] ?? own) * assumedListSize ** (lists - 1);

    const leadsTo = getNamedType(field.type);
    const ofTypes = isInterfaceType(type) ? schema.getPossibleTypes(type).map((each) => each.getFields()[name]!) : [];
    const weight = Math.max(...[field, ...ofTypes].map((each) => weightOf(schema, each, names)));
    const sets = group.flatMap(({ node: { selectionSet: set } }) => (set ? [{ set, type: leadsTo }] : []));
    const inputs = (node.arguments ?? []).map(({ name: given, value }) => {
      const argument = field.args.find((each) => each.name === given.value)!;
      return costOfInput(
        valueIn(value),
        argument.type,
        saidBy(argument.astNode, names.cost)?.weight as number | undefined,
      );
    });
    const cost = weight + costOfSets(sets, below);
    return (things === 0 ? 0 : things * cost) + inputs.reduce((total, each) => total + each, 0);
  }

  function costOfInput(value: unknown, type: GraphQLInputType, weight: number | undefined): number {
    if (value === null || value === undefined) return 0;
    if (Array.isArray(value)) return value.reduce<number>((total, each) => total + costOfInput(each, type, weight), 0);
    const named = getNamedType(type);
    const own = weight ?? weightOfType(schema, named, names);
    if (!isInputObjectType(named)) return own;
    const fields = named.getFields();
    return Object.entries(value).reduce((total, [name, each]) => {
      const field = fields[name]!;
      return total + costOfInput(each, field.type, saidBy(field.astNode, names.cost)?.weight as number | undefined);
    }, own);
  }

  const root = schema.getRootType(operation.operation)!;
  return (operation.operation === 'mutation' ? 10 : 0) + costOfSets([{ set: operation.selectionSet, type: root }], {});
}

function isExcluded({ directives = [] }: SelectionNode): boolean {
  return directives.some(({ name, arguments: [given] = [] }) => {
    if (given?.value.kind !== Kind.BOOLEAN) return false;
    return given.value.value === (name.value === 'skip');
  });
}
