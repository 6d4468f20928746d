import { Kind, parse, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';

type Parsed = { operation: OperationDefinitionNode; fragments: Map<string, FragmentDefinitionNode> };

const known = new Map<string, Parsed>();

/** What a subgraph is asked, parsed; kept by the text. */
export function parsedQuestion(text: string): Parsed {
  const existing = known.get(text);
  if (existing) return existing;
  const { definitions } = parse(text, { noLocation: true });
  const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const made = {
    operation: definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode,
    fragments: new Map((fragments as FragmentDefinitionNode[]).map((fragment) => [fragment.name.value, fragment])),
  };
  if (known.size > 1_000) known.clear();
  known.set(text, made);
  return made;
}
