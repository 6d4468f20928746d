import {
  getDirectiveValues,
  getNullableType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  Kind,
  type FieldNode,
  type GraphQLFormattedError,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLCompositeType,
  type SelectionSetNode,
} from 'graphql';
import type { SubgraphAnswer } from '../../subgraph-fetch.ts';
import { parsedQuestion } from './parsed-question.ts';

type Path = (string | number)[];
type Tree = Record<string, unknown>;

/** How subgraphs behave: with `faults` 0 they answer as their schemas say, with 0.2 every fifth value is wrong. */
export type Behaviour = { seed: number; faults: number };

const strings = [
  'a',
  'plain text',
  'say "7"\n',
  'back\\slash',
  'ünï',
  '\ud83d\ude00',
  '\ud800',
  '',
  '\u2028',
  '\u007f',
];
const numbers = [0, -0, 7, 1.5, -3, 1e21, 2 ** 53, Infinity, 1e-7];
const jsons = [1, 'one', true, { b: [1.5, 'x'], a: { c: null } }, ['y', 2], [], {}, -0, false, Infinity];
const codes = [undefined, 'NOT_FOUND', 'SAY "no"', 'INVALID_GRAPHQL', 'DOWNSTREAM_SERVICE_ERROR'];

/**
 * What an imagined subgraph answers: always the same to the same question, and the same of an entity for the same
 * representation, wherever it stands. It throws where it cannot be reached.
 */
export function imaginedAnswer(
  schema: GraphQLSchema,
  question: { text: string; variables: Tree; representations: readonly string[] | undefined },
  { seed, faults }: Behaviour,
): SubgraphAnswer {
  const { text, variables, representations } = question;
  const asked = `${seed} ${text} ${JSON.stringify(variables)}`;
  const errors: GraphQLFormattedError[] = [];
  const chance = (name: string, of: number) => hashOf(`${name}?`) / 2 ** 32 < of;
  const oneOf = <T>(name: string, things: readonly T[]): T => things[hashOf(name) % things.length]!;

  function fail(name: string, path: Path | undefined): void {
    const code = oneOf(`${name} code`, codes);
    const message = chance(`${name} says`, 0.9) ? `no ${hashOf(name)}` : '';
    errors.push({ message, ...(path && { path }), ...(code && { extensions: { code, at: 7 } }) });
  }

  function objectOf(name: string, type: GraphQLCompositeType, sets: readonly SelectionSetNode[], path: Path): Tree {
    const concrete = isAbstractType(type) ? oneOf(name, schema.getPossibleTypes(type)) : type;
    const fields = new Map<string, FieldNode[]>();
    for (const set of sets) collect(set, concrete, fields);
    const object: Tree = {};
    for (const [key, nodes] of fields) {
      const value = fieldOf(`${name}.${key}`, concrete, nodes, [...path, key]);
      if (value !== undefined) define(object, key, value);
    }
    return object;
  }

  function fieldOf(name: string, type: GraphQLCompositeType, nodes: readonly FieldNode[], path: Path): unknown {
    const [{ name: field }] = nodes as [FieldNode];
    if (field.value === '__typename') return chance(name, faults / 8) ? faultOf(name) : type.name;
    const definition = 'getFields' in type ? type.getFields()[field.value] : undefined;
    if (!definition) throw new Error(`${type.name} has no ${field.value}`);
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    return valueOf(name, definition.type, sets, path);
  }

  function valueOf(name: string, type: GraphQLOutputType, sets: readonly SelectionSetNode[], path: Path): unknown {
    if (chance(`fault ${name}`, faults)) return faultOf(name);
    if (chance(`fail ${name}`, faults / 2)) {
      fail(name, path);
      return null;
    }
    if (!isNonNullType(type) && chance(`null ${name}`, 0.1)) return null;
    const inner = getNullableType(type);
    if (isListType(inner)) {
      return Array.from({ length: hashOf(name) % 4 }, (_, index) =>
        inList(valueOf(`${name}[${index}]`, inner.ofType as GraphQLOutputType, sets, [...path, index])),
      );
    }
    if (isCompositeType(inner)) return objectOf(name, inner, sets, path);
    return leafOf(name, inner);
  }

  function leafOf(name: string, type: GraphQLOutputType): unknown {
    if (isEnumType(type)) return oneOf(name, type.getValues()).name;
    switch (type.toString()) {
      case 'Boolean':
        return oneOf(name, [true, false]);
      case 'Int':
        return oneOf(name, [0, 7, -3, 2 ** 31 - 1]);
      case 'Float':
        return oneOf(name, [0, 1.5, -0, 1e-7, 12345.678]);
      case 'String':
        return oneOf(name, strings);
      // Entities meet one another: there are few.
      case 'ID':
        return oneOf(name, ['1', '2', 3]);
      default:
        return oneOf(name, jsons);
    }
  }

  function faultOf(name: string): unknown {
    const faults = [null, undefined, oneOf(name, strings), oneOf(name, numbers), oneOf(name, jsons), true, 'Nobody'];
    return copyOf(oneOf(`${name} fault`, [...faults, [null], [[{}]], { id: 'x' }, { __typename: 'Nobody', id: 1 }]));
  }

  function collect(set: SelectionSetNode, type: GraphQLCompositeType, fields: Map<string, FieldNode[]>): void {
    for (const selection of set.selections) {
      if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if === true) continue;
      if (getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if === false) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        fields.set(key, [...(fields.get(key) ?? []), selection]);
      } else {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value)! : selection;
        const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
        const isOf = condition === undefined || condition === type;
        if (isOf || (isAbstractType(condition) && schema.isSubType(condition, type as never)))
          collect(fragment.selectionSet, type, fields);
      }
    }
  }

  function entitiesOf(node: FieldNode, wanted: readonly string[]): unknown[] {
    return wanted.map((representation, index) => {
      const { __typename } = JSON.parse(representation) as { __typename: string };
      const type = schema.getType(__typename);
      const name = `${seed} ${representation}`;
      if (!isCompositeType(type) || chance(`missing ${name}`, 0.05)) return null;
      if (chance(`fault ${name}`, faults / 4)) return inList(faultOf(name));
      return objectOf(name, type, [node.selectionSet!], ['_entities', index]);
    });
  }

  const { operation, fragments } = parsedQuestion(text);
  if (chance(`unreachable ${asked}`, faults / 2)) throw new Error(`connect ECONNREFUSED ${hashOf(asked)}`);
  const unique = [...new Set(representations)];
  const whole = `${asked} ${unique.join()}`;
  if (chance(`early ${whole}`, faults / 3))
    fail(whole, oneOf(whole, [undefined, [], ['_entities'], ['_entities', 900, 'x']]));
  const root = (operation.operation === 'mutation' ? schema.getMutationType() : schema.getQueryType())!;
  const [first] = operation.selectionSet.selections;
  let data: Tree | null;
  if (representations) data = { _entities: entitiesOf(first as FieldNode, representations) };
  else data = objectOf(asked, root, [operation.selectionSet], []);
  if (chance(`late ${whole}`, faults / 3)) fail(`${whole} late`, oneOf(whole, [undefined, [], ['_entities']]));
  if (chance(`nothing ${whole}`, faults / 4)) data = oneOf(whole, [null, {}]);
  const entities = data?._entities;
  if (Array.isArray(entities) && chance(`lost ${whole}`, faults / 6)) entities.pop();
  if (data && representations && chance(`else ${whole}`, faults / 8)) data = { _entities: oneOf(whole, [null, {}, 7]) };
  return { data, ...(errors.length > 0 && { errors }) };
}

/** In a list nothing can be left out. */
function inList(value: unknown): unknown {
  return value === undefined ? null : value;
}

function define(object: Tree, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}

function copyOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}

/** Looked up once: within Jest every look at a global takes long. */
const { imul } = Math;

/** A number below 2³² (FNV-1a, mixed once more). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
