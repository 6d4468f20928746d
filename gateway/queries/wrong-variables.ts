import {
  getVariableValues,
  GraphQLBoolean,
  GraphQLError,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
  isNonNullType,
  Kind,
  typeFromAST,
  visit,
  type DocumentNode,
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
  { document, operation }: { document: DocumentNode; operation: OperationDefinitionNode },
  options: { hideSuggestions: boolean },
): WrongVariables {
  const { variableDefinitions } = operation;
  if (!variableDefinitions?.length) return () => undefined;
  const conditional = conditionVariables(document);
  const conditions = variableDefinitions.filter(({ variable }) => conditional.has(variable.name.value));
  const areRight = createPlainCheck(schema, variableDefinitions);
  return (variables) => {
    if (areRight?.(variables)) return undefined;
    const { errors } = getVariableValues(schema, variableDefinitions, variables, { ...options, maxErrors });
    if (errors) return errors.map(badInput);
    const nulls = conditions.filter(({ variable }) => variables[variable.name.value] === null);
    return nulls.length > 0 ? nulls.map(notNull) : undefined;
  };
}

/** Mistakes that are told; each item of a long list may be one. */
const maxErrors = 50;

function badInput(error: GraphQLError): GraphQLError {
  const { message, nodes } = error;
  return new GraphQLError(message, { nodes, originalError: error, extensions: { code: 'BAD_USER_INPUT' } });
}

/** The variables that `@skip` and `@include` go by, which have a value: with a default they may be left out, but not be null. */
function conditionVariables(document: DocumentNode): Set<string> {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: given }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return names;
}

function notNull(definition: VariableDefinitionNode): GraphQLError {
  const message = `Variable "$${definition.variable.name.value}" must not be null: @skip and @include go by it`;
  return new GraphQLError(message, { nodes: definition, extensions: { code: 'BAD_USER_INPUT' } });
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
