import {
  getVariableValues,
  GraphQLBoolean,
  GraphQLError,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
  isNonNullType,
  typeFromAST,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/** Says what is wrong with the variables of a request, `undefined` where nothing is. */
export type WrongVariables = (variables: Variables) => GraphQLError[] | undefined;

/**
 * Judges variables as graphql-js does, in Apollo Server's words. Those of plain types, which are most, are looked at first by
 * themselves: what is plainly right needs no more.
 */
export function createWrongVariables(
  schema: GraphQLSchema,
  { variableDefinitions }: OperationDefinitionNode,
  options: { hideSuggestions: boolean },
): WrongVariables {
  if (!variableDefinitions?.length) return () => undefined;
  const areRight = createPlainCheck(schema, variableDefinitions);
  return (variables) => {
    if (areRight?.(variables)) return undefined;
    const { errors } = getVariableValues(schema, variableDefinitions, variables, options);
    return errors?.map(
      (error) =>
        new GraphQLError(error.message, {
          nodes: error.nodes,
          originalError: error,
          extensions: { code: 'BAD_USER_INPUT' },
        }),
    );
  };
}

const plainChecks = new Map<GraphQLInputType, (value: unknown) => boolean>([
  [GraphQLString, (value) => typeof value === 'string'],
  [GraphQLID, (value) => typeof value === 'string'],
  [GraphQLBoolean, (value) => typeof value === 'boolean'],
  [GraphQLInt, (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31],
]);

/** Tells of variables that they are plainly right; `undefined` where some are of other types. */
function createPlainCheck(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
): ((variables: Variables) => boolean) | undefined {
  const checks: { name: string; isNeeded: boolean; isRight: (value: unknown) => boolean }[] = [];
  for (const { variable, type: node, defaultValue } of definitions) {
    const type = typeFromAST(schema, node) as GraphQLInputType | undefined;
    const isRight = type && plainChecks.get(isNonNullType(type) ? type.ofType : type);
    if (!isRight) return undefined;
    checks.push({ name: variable.name.value, isNeeded: isNonNullType(type) && !defaultValue, isRight });
  }
  return (variables) =>
    checks.every(({ name, isNeeded, isRight }) =>
      Object.hasOwn(variables, name) ? isRight(variables[name]) : !isNeeded,
    );
}
