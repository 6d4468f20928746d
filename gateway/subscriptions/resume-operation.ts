import {
  Kind,
  print,
  visit,
  type ArgumentNode,
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
} from 'graphql';

/** The argument by which a subscription field continues behind a sequence; a field that has it can be resumed. */
const resumeArgument = 'after';

/**
 * The upstream operation, written so that it continues behind `sequence`, or begins with the current state when that is
 * `undefined`: the argument `after` of its root field is set or left out, in place of whatever the client had passed.
 * @param operation a planned operation: one definition with one field at its root
 * @returns `undefined` when the root field has no such argument and so cannot be resumed
 */
export function resumeOperation(
  schema: GraphQLSchema,
  operation: DocumentNode,
  sequence: number | undefined,
): string | undefined {
  const definition = operation.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  const field = definition?.selectionSet.selections.find((selection) => selection.kind === Kind.FIELD);
  if (!definition || !field || !canResume(schema, field)) return undefined;
  const others = (field.arguments ?? []).filter(({ name }) => name.value !== resumeArgument);
  const after = sequence === undefined ? [] : [argument(sequence)];
  const selectionSet = { ...definition.selectionSet, selections: [{ ...field, arguments: [...others, ...after] }] };
  // A variable that nothing uses any more is an error, so its definition goes too.
  const used = variablesIn(selectionSet);
  const variableDefinitions = definition.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value));
  const definitions = operation.definitions.map((node) =>
    node === definition ? { ...definition, selectionSet, variableDefinitions } : node,
  );
  return print({ ...operation, definitions });
}

function canResume(schema: GraphQLSchema, field: FieldNode): boolean {
  const definition = schema.getSubscriptionType()?.getFields()[field.name.value];
  return definition?.args.some(({ name }) => name === resumeArgument) ?? false;
}

function argument(sequence: number): ArgumentNode {
  return {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: resumeArgument },
    value: { kind: Kind.STRING, value: String(sequence) },
  };
}

function variablesIn(node: ASTNode): Set<string> {
  const names = new Set<string>();
  visit(node, { Variable: ({ name }) => void names.add(name.value) });
  return names;
}
