import { createHash } from 'node:crypto';
import {
  execute,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  type ExecutionResult,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';

/** An object of the imagined graph: its name tells all that it answers. */
type Imagined = { __typename: string; name: string };

/**
 * Executes an operation on a graph that has an answer to everything: the same for the same field, arguments and object,
 * wherever and under whatever name it is asked for. Fields that may be null are so now and then, and fail now and then.
 */
export function executeImagined(
  schema: GraphQLSchema,
  text: string,
  options: {
    variables?: Record<string, unknown>;
    seed: number;
    fails: boolean;
    /** Fields that are null whatever they are, by their places in the text. */
    isLeftOut?: (fields: readonly FieldNode[]) => boolean;
  },
): ExecutionResult<Record<string, unknown>> {
  const { variables, seed, fails } = options;
  const choice = (name: string, below: number) => Number.parseInt(hashOf(name), 16) % below;

  function answer(name: string, type: GraphQLOutputType): unknown {
    if (fails && !isNonNullType(type) && choice(`fails ${name}`, 8) === 0) throw new Error(`no ${hashOf(name)}`);
    return valueOf(name, type);
  }

  function valueOf(name: string, type: GraphQLOutputType): unknown {
    if (!isNonNullType(type) && choice(`null ${name}`, 5) === 0) return null;
    const inner = getNullableType(type);
    if (isListType(inner))
      return Array.from({ length: choice(name, 3) }, (_, index) => valueOf(`${name}[${index}]`, inner.ofType));
    if (isEnumType(inner)) return inner.getValues()[choice(name, inner.getValues().length)]!.value;
    if (isAbstractType(inner)) {
      const possible = schema.getPossibleTypes(inner);
      return { __typename: possible[choice(name, possible.length)]!.name, name } satisfies Imagined;
    }
    if (isObjectType(inner)) return { __typename: inner.name, name } satisfies Imagined;
    if (inner.toString() === 'Boolean') return choice(name, 2) === 0;
    if (inner.toString() === 'Int' || inner.toString() === 'Float') return choice(name, 100);
    return inner.toString() === 'Json' ? { text: [choice(name, 100)] } : `${choice(name, 1_000)}`;
  }

  const fieldResolver = (parent: Imagined | undefined, given: object, _: unknown, info: GraphQLResolveInfo) => {
    if (options.isLeftOut?.(info.fieldNodes)) return null;
    if (info.fieldName === '_entities') return (given as { representations: Imagined[] }).representations;
    return answer(`${parent?.name ?? seed}.${info.fieldName}${inOneOrder(given)}`, info.returnType);
  };
  const result = execute({
    schema,
    document: parse(text),
    variableValues: variables,
    fieldResolver: fieldResolver as never,
    typeResolver: ({ __typename }: Imagined) => __typename,
  });
  return JSON.parse(JSON.stringify(result)) as ExecutionResult<Record<string, unknown>>;
}

function hashOf(name: string): string {
  return createHash('md5').update(name).digest('hex').slice(0, 8);
}

function inOneOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(inOneOrder)}]`;
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${name}:${inOneOrder(field)}`)}}`;
}
