import { Kind, parse, type DirectiveNode, type SelectionSetNode } from 'graphql';

/** What subgraphs need from others to answer a field: `@join__field(requires: "weight")`. */
export function requiredFieldsOf(directives: readonly DirectiveNode[] = []): SelectionSetNode[] {
  const requirements = directives
    .filter(({ name }) => name.value === 'join__field')
    .flatMap((directive) => directive.arguments ?? [])
    .filter(({ name }) => name.value === 'requires');
  return requirements.flatMap(({ value }) => {
    if (value.kind !== Kind.STRING) return [];
    const [definition] = parse(`{ ${value.value} }`, { noLocation: true }).definitions;
    return definition?.kind === Kind.OPERATION_DEFINITION ? [definition.selectionSet] : [];
  });
}
