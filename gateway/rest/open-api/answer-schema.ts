import {
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { described, type JsonSchema, type TypeSchemas } from './type-schemas.ts';

/** One name in an answer, and the fields that give it, which are merged. */
type AnswerField = { nodes: FieldNode[]; isAlwaysThere: boolean };

/** An object of an answer; `typenames` are the schemas of `__typename`, to be filled in with the types it may be. */
type ObjectSchema = { schema: JsonSchema; typenames: JsonSchema[] };

/**
 * The JSON Schema of the data of an operation: what its selections ask for, field by field. Where the type of an object is
 * open, the types that come out alike are one alternative.
 */
export function answerSchemaOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  types: TypeSchemas,
): JsonSchema {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);

  function composite(type: GraphQLNamedType, selections: readonly SelectionSetNode[]): JsonSchema {
    const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    const alternatives = new Map<string, ObjectSchema & { names: string[] }>();
    for (const each of possible) {
      const made = object(each, selections);
      const key = JSON.stringify(made.schema);
      const alike = alternatives.get(key);
      if (alike) alike.names.push(each.name);
      else alternatives.set(key, { ...made, names: [each.name] });
    }
    const schemas = [...alternatives.values()].map(({ schema: made, typenames, names }) => {
      for (const typename of typenames) typename.enum = names;
      return made;
    });
    return schemas.length === 1 ? schemas[0]! : { anyOf: schemas };
  }

  function object(type: GraphQLObjectType, selections: readonly SelectionSetNode[]): ObjectSchema {
    const fields = new Map<string, AnswerField>();
    for (const selection of selections) collect(type, selection, true, fields);
    const typenames: JsonSchema[] = [];
    const properties = [...fields].map(([name, { nodes }]) => {
      const field = type.getFields()[nodes[0]!.name.value];
      if (field) return [name, propertyOf(field, nodes)] as const;
      // Of the fields that every type has, only this one is left in a valid operation that asks for no schema.
      const typename: JsonSchema = { type: 'string' };
      typenames.push(typename);
      return [name, typename] as const;
    });
    const required = [...fields].filter(([, { isAlwaysThere }]) => isAlwaysThere).map(([name]) => name);
    const made = {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length > 0 && { required }),
    };
    return { schema: made, typenames };
  }

  function propertyOf(
    field: ReturnType<GraphQLObjectType['getFields']>[string],
    nodes: readonly FieldNode[],
  ): JsonSchema {
    const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const of = types.of(field.type, () => composite(getNamedType(field.type), below));
    return { ...of, ...described(field) };
  }

  function collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    isAlwaysThere: boolean,
    into: Map<string, AnswerField>,
  ): void {
    for (const selection of selections) {
      const isHere = isAlwaysThere && !isConditional(selection.directives);
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const known = into.get(name) ?? { nodes: [], isAlwaysThere: false };
        into.set(name, { nodes: [...known.nodes, selection], isAlwaysThere: known.isAlwaysThere || isHere });
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value)! : selection;
      const condition = fragment.typeCondition?.name.value;
      if (condition === undefined || isOf(type, condition)) collect(type, fragment.selectionSet, isHere, into);
    }
  }

  function isOf(type: GraphQLObjectType, condition: string): boolean {
    const named = schema.getType(condition);
    return named === type || (isAbstractType(named) && schema.isSubType(named, type));
  }

  return composite(schema.getRootType(operation.operation)!, [operation.selectionSet]);
}

function isConditional(directives: readonly DirectiveNode[] = []): boolean {
  return directives.some(({ name }) => name.value === 'skip' || name.value === 'include');
}
