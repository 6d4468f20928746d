import { Kind, type ConstValueNode, type DirectiveNode, type OperationDefinitionNode } from 'graphql';

/** What clients give for variables. */
export type Variables = Readonly<Record<string, unknown>>;

type Selected = { readonly directives?: readonly DirectiveNode[] | undefined };

/** Whether `@skip` or `@include` decides whether something is asked for. */
export function isConditional({ directives }: Selected): boolean {
  return conditionsOf(directives).length > 0;
}

/** The conditions among directives. */
export function conditionsOf(directives: readonly DirectiveNode[] = []): DirectiveNode[] {
  return directives.filter(({ name }) => name.value === 'skip' || name.value === 'include');
}

/** Whether something is asked for, with the variables of a request. */
export function isIncluded(
  { directives }: Selected,
  variables: Variables,
  { variableDefinitions }: OperationDefinitionNode,
): boolean {
  return conditionsOf(directives).every(({ name, arguments: given }) => {
    const value = given?.find((argument) => argument.name.value === 'if')?.value;
    const isTrue = value?.kind === Kind.VARIABLE ? valueOf(value.name.value) : isTrueLiteral(value as ConstValueNode);
    return isTrue === (name.value === 'include');
  });

  function valueOf(variable: string): boolean {
    if (Object.hasOwn(variables, variable)) return variables[variable] === true;
    const definition = variableDefinitions?.find((each) => each.variable.name.value === variable);
    return isTrueLiteral(definition?.defaultValue);
  }
}

function isTrueLiteral(value: ConstValueNode | undefined): boolean {
  return value?.kind === Kind.BOOLEAN && value.value;
}
