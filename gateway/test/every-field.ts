import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

/** A query for one field, by the shortest way that leads to its type. */
export type FieldQuery = {
  /** `Type.field`. */
  field: string;
  /** The selections from the root on, each in the one before: `me`, `orders(first: 5)`, `nodes`, `id`. */
  path: readonly string[];
  text: string;
};

/**
 * A query for every field that a query can reach, of every type, through interfaces and unions too.
 * @param values literals of required arguments, by `Type.field.argument` or by the argument's name; of an enum the first
 *   value is taken
 * @throws Error for a required argument that has none
 */
export function queriesOfEveryField(schema: GraphQLSchema, values: Record<string, string>): FieldQuery[] {
  const found: FieldQuery[] = [];
  const seen = new Set<string>();
  let next: { type: GraphQLNamedType; path: string[] }[] = [{ type: schema.getQueryType()!, path: [] }];
  // Breadth first, so that the first way to a type is a shortest one.
  while (next.length > 0) {
    const types = next.filter(({ type }) => isCompositeType(type) && !seen.has(type.name) && seen.add(type.name));
    next = [];
    for (const { type, path } of types) {
      if (isAbstractType(type))
        for (const member of schema.getPossibleTypes(type))
          next.push({ type: member, path: [...path, `... on ${member.name}`] });
      if (!isObjectType(type) && !isInterfaceType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        const fieldPath = [...path, selectionOf(type, field, values)];
        found.push({ field: `${type.name}.${field.name}`, path: fieldPath, text: queryOf(fieldPath, field) });
        next.push({ type: getNamedType(field.type), path: fieldPath });
      }
    }
  }
  return found;
}

function queryOf(path: readonly string[], field: GraphQLField<unknown, unknown>): string {
  const end = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  return path.reduceRight((inner, selection) => ` { ${selection}${inner} }`, end).trim();
}

function selectionOf(
  type: GraphQLObjectType | GraphQLInterfaceType,
  field: GraphQLField<unknown, unknown>,
  values: Record<string, string>,
): string {
  const given = field.args.filter(isRequiredArgument).map((argument) => {
    const coordinate = `${type.name}.${field.name}.${argument.name}`;
    const ofType = getNamedType(argument.type);
    const value =
      values[coordinate] ?? values[argument.name] ?? (isEnumType(ofType) ? ofType.getValues()[0]!.name : undefined);
    if (value === undefined) throw new Error(`Nobody says what to ask ${coordinate} for`);
    return `${argument.name}: ${value}`;
  });
  return given.length > 0 ? `${field.name}(${given.join(', ')})` : field.name;
}
