import {
  Kind,
  typeFromAST,
  visit,
  type ASTNode,
  type FieldNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type ObjectFieldNode,
  type ObjectValueNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type StringValueNode,
  type TypeNode,
  type ValueNode,
} from 'graphql';
import { inOrder, literalOf } from './input-literal.ts';

/**
 * An operation with the values of its variables written into it, so that it no longer matters which values a client wrote
 * as variables: an argument without a value is left out, `@skip` and `@include` are carried out, and arguments and fields
 * of input objects are in the order of their names.
 * @param schema has the types of the variables; values must have been checked against them
 * @param keep a variable that stays one, such as the representations of an entity fetch
 */
export function inlineVariables<T extends ASTNode>(
  node: T,
  options: { definition: OperationDefinitionNode; schema: GraphQLSchema; variables: Values; keep?: string },
): T {
  const literals = literalsOf(options);
  const isAbsent = ({ kind, value }: { kind: string; value: ValueNode }) =>
    kind !== Kind.VARIABLE &&
    value.kind === Kind.VARIABLE &&
    value.name.value !== options.keep &&
    !literals.has(value.name.value);
  return visit(node, {
    VariableDefinition: ({ variable }) => (variable.name.value === options.keep ? false : null),
    Argument: (argument) => (isAbsent(argument) ? null : undefined),
    ObjectField: (field: ObjectFieldNode) => (isAbsent(field) ? null : undefined),
    Variable: ({ name }) =>
      name.value === options.keep ? undefined : (literals.get(name.value) ?? literalOf(null, undefined)),
    StringValue: (text: StringValueNode) => (text.block ? { ...text, block: false } : undefined),
    ObjectValue: { leave: (object: ObjectValueNode) => ({ ...object, fields: inOrder(object.fields) }) },
    Field: { leave: (field: FieldNode) => whereIncluded({ ...field, arguments: inOrder(field.arguments ?? []) }) },
    InlineFragment: { leave: whereIncluded },
    FragmentSpread: { leave: whereIncluded },
  }) as T;
}

type Values = Record<string, unknown>;

function literalsOf(options: {
  definition: OperationDefinitionNode;
  schema: GraphQLSchema;
  variables: Values;
}): Map<string, ValueNode> {
  const literals = new Map<string, ValueNode>();
  for (const { variable, type, defaultValue } of options.definition.variableDefinitions ?? []) {
    const name = variable.name.value;
    const value = Object.hasOwn(options.variables, name) ? options.variables[name] : undefined;
    if (value !== undefined) literals.set(name, literalOf(value, inputType(options.schema, type)));
    else if (defaultValue) literals.set(name, defaultValue);
  }
  return literals;
}

function inputType(schema: GraphQLSchema, type: TypeNode): GraphQLInputType | undefined {
  return typeFromAST(schema, type as never) as GraphQLInputType | undefined;
}

/** What is left of a selection once its `@skip` and `@include` are known: nothing (`null`), or itself without them. */
function whereIncluded<T extends SelectionNode>(node: T): T | null {
  let isConditional = false;
  for (const { name, arguments: given } of node.directives ?? []) {
    const condition = given?.find((argument) => argument.name.value === 'if')?.value;
    if ((name.value !== 'skip' && name.value !== 'include') || condition?.kind !== Kind.BOOLEAN) continue;
    if (condition.value === (name.value === 'skip')) return null;
    isConditional = true;
  }
  if (!isConditional) return node;
  const rest = node.directives!.filter(({ name }) => name.value !== 'skip' && name.value !== 'include');
  return { ...node, directives: rest };
}
