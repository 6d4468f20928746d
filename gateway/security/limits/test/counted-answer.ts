import {
  execute,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import { saidBy, weightOf } from './plain-cost.ts';

/** A thing of the answer: what it is, and how long its lists are where that was asked for. */
type Thing = { __typename: string; sized: Record<string, number> };

/**
 * Executes an operation on a graph whose lists are as long as `@listSize` says, and adds up what the answer is made of.
 * @param options.choose tells which of so many types something turns out to be
 * @returns what the objects and values of the answer weigh; `undefined` where the operation is not answered
 */
export function costOfAnswer(options: {
  schema: GraphQLSchema;
  document: DocumentNode;
  variables: Record<string, unknown>;
  assumedListSize: number;
  names: { cost: string; listSize: string };
  choose: (below: number) => number;
}): number | undefined {
  const { schema, document, variables, assumedListSize, names, choose } = options;
  let cost = 0;

  function fieldResolver(
    parent: Thing | undefined,
    given: Record<string, unknown>,
    _: unknown,
    info: GraphQLResolveInfo,
  ) {
    const field = info.parentType.getFields()[info.fieldName]!;
    const said = saidBy(field.astNode, names.listSize);
    const slices = ((said?.slicingArguments as string[] | undefined) ?? []).map((name) => given[name]);
    const asked = slices
      .filter((slice): slice is number => typeof slice === 'number')
      .map((slice) => Math.max(0, slice));
    const length =
      asked.length > 0 ? Math.max(...asked) : ((said?.assumedSize as number | undefined) ?? assumedListSize);
    const sizedFields = (said?.sizedFields as string[] | undefined) ?? [];
    const sized = Object.fromEntries(sizedFields.map((each) => [each, length]));
    const own = parent?.sized[field.name] ?? (said && sizedFields.length === 0 ? length : assumedListSize);
    const hasOwnWeight = saidBy(field.astNode, names.cost) !== undefined;

    function make(type: GraphQLOutputType, size: number): unknown {
      const inner = getNullableType(type);
      if (isListType(inner))
        return Array.from({ length: size }, () => make(inner.ofType as GraphQLOutputType, assumedListSize));
      const named = getNamedType(inner);
      const possible = isAbstractType(named) ? schema.getPossibleTypes(named) : [named];
      const type_ = possible[choose(possible.length)]!;
      cost += hasOwnWeight
        ? weightOf(schema, field, names)
        : weightOf(schema, { ...field, type: type_ as never }, names);
      return isLeafType(type_) ? null : ({ __typename: type_.name, sized } satisfies Thing);
    }
    return make(field.type, own);
  }

  const result = execute({
    schema,
    document,
    variableValues: variables,
    fieldResolver: fieldResolver as never,
    typeResolver: ({ __typename }: Thing) => __typename,
  });
  return 'data' in result && result.data !== undefined ? cost : undefined;
}
