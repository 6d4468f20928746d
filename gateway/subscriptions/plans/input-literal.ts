import {
  GraphQLError,
  GraphQLID,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type GraphQLInputType,
  type NameNode,
  type ObjectFieldNode,
  type ValueNode,
} from 'graphql';

/**
 * A value as GraphQL writes it. (graphql-js's `astFromValue` is not for values as they come: it throws on scalars that are
 * objects or lists, and writes identifiers that look like numbers as those.)
 * @throws GraphQLError for a scalar that is an object with fields that GraphQL has no way to write
 */
export function literalOf(value: unknown, type: GraphQLInputType | undefined): ValueNode {
  if (value === null || value === undefined) return nullValue;
  if (isNonNullType(type)) return literalOf(value, type.ofType as GraphQLInputType);
  if (isListType(type)) {
    const ofItem = type.ofType as GraphQLInputType;
    if (!Array.isArray(value)) return literalOf(value, ofItem);
    return { kind: Kind.LIST, values: value.map((item) => literalOf(item, ofItem)) };
  }
  if (isEnumType(type)) return { kind: Kind.ENUM, value: String(value) };
  if (type === GraphQLID) return { kind: Kind.STRING, value: String(value) };
  if (isInputObjectType(type)) return objectOf(value, (name) => type.getFields()[name]?.type);
  return untyped(value);
}

/** What is written without quotes must be a name: anything else would become part of the operation's text. */
const graphqlName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const nullValue: ValueNode = { kind: Kind.NULL };

function untyped(value: unknown): ValueNode {
  if (value === null || value === undefined) return nullValue;
  if (typeof value === 'boolean') return { kind: Kind.BOOLEAN, value };
  if (typeof value === 'number') {
    const text = String(value);
    return { kind: /^-?\d+$/.test(text) ? Kind.INT : Kind.FLOAT, value: text };
  }
  if (Array.isArray(value)) return { kind: Kind.LIST, values: value.map(untyped) };
  if (typeof value === 'object') return objectOf(value, () => undefined);
  return { kind: Kind.STRING, value: String(value) };
}

function objectOf(value: object, typeOf: (field: string) => GraphQLInputType | undefined): ValueNode {
  const fields = Object.entries(value).map(([name, field]): ObjectFieldNode => {
    if (!graphqlName.test(name)) {
      const message = `"${name}" cannot be the name of a field of an input value`;
      throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
    }
    return { kind: Kind.OBJECT_FIELD, name: { kind: Kind.NAME, value: name }, value: literalOf(field, typeOf(name)) };
  });
  return { kind: Kind.OBJECT, fields: inOrder(fields) };
}

/** In an order that does not depend on who wrote them. */
export function inOrder<T extends { name: NameNode }>(named: readonly T[]): T[] {
  return named.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1));
}
