import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  isScalarType,
  type GraphQLEnumType,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLScalarType,
  type GraphQLType,
} from 'graphql';

/** JSON Schema (2020-12, as OpenAPI 3.1 has it). */
export type JsonSchema = { [keyword: string]: unknown };

export type TypeSchemas = {
  /**
   * How a type of GraphQL comes as JSON.
   * @param composite gives the schema of objects, interfaces and unions, which depends on what is asked for
   */
  of(type: GraphQLType, composite?: (type: GraphQLNamedType) => JsonSchema): JsonSchema;
  /** The same where it cannot be null, whatever the type says. */
  ofPresent(type: GraphQLType): JsonSchema;
  /** The enums, scalars and input objects that were met, by name. */
  components: Record<string, JsonSchema>;
};

const specified = new Map<GraphQLScalarType, JsonSchema>([
  [GraphQLInt, { type: 'integer', format: 'int32' }],
  [GraphQLFloat, { type: 'number' }],
  [GraphQLString, { type: 'string' }],
  [GraphQLBoolean, { type: 'boolean' }],
  [GraphQLID, { type: 'string' }],
]);

/** Scalars that are widely called so, and always come as text; of others GraphQL does not say what they are. */
const asText: Record<string, JsonSchema> = {
  BigInt: { type: 'string', pattern: String.raw`^-?\d+$` },
  CurrencyCode: { type: 'string', pattern: '^[A-Z]{3}$' },
  DateTime: { type: 'string', format: 'date-time' },
  Decimal: { type: 'string', pattern: String.raw`^-?\d+(\.\d+)?$` },
};

/** Makes JSON Schemas of types; what has a name is described once, and referred to. */
export function createTypeSchemas(): TypeSchemas {
  const components: Record<string, JsonSchema> = {};

  function of(type: GraphQLType, composite?: (type: GraphQLNamedType) => JsonSchema): JsonSchema {
    return isNonNullType(type) ? present(type.ofType, composite) : orNull(present(type, composite));
  }

  function present(type: GraphQLType, composite?: (type: GraphQLNamedType) => JsonSchema): JsonSchema {
    if (isNonNullType(type)) return present(type.ofType, composite);
    if (isListType(type)) return { type: 'array', items: of(type.ofType, composite) };
    if (isScalarType(type)) return specified.get(type) ?? component(type, () => scalar(type));
    if (isEnumType(type)) return component(type, () => enumeration(type));
    if (isInputObjectType(type)) return component(type, () => input(type));
    if (!composite) throw new Error(`${type.name} is nothing that can be sent`);
    return composite(type);
  }

  function component(type: GraphQLNamedType, make: () => JsonSchema): JsonSchema {
    if (!components[type.name]) {
      // It may contain itself.
      components[type.name] = {};
      components[type.name] = { ...described(type), ...make() };
    }
    return { $ref: `#/components/schemas/${type.name}` };
  }

  function input(type: GraphQLInputObjectType): JsonSchema {
    const fields = Object.values(type.getFields());
    const required = fields.filter(isRequiredInputField).map(({ name }) => name);
    return {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field.name, inputField(field)])),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
      ...(type.isOneOf && { minProperties: 1, maxProperties: 1 }),
    };
  }

  function inputField(field: GraphQLInputField): JsonSchema {
    const { defaultValue } = field;
    return { ...of(field.type), ...described(field), ...(defaultValue !== undefined && { default: defaultValue }) };
  }

  return { of, ofPresent: present, components };
}

/** The schema, or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  if (typeof schema.type === 'string') return { ...schema, type: [schema.type, 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}

/** What GraphQL says of a type or a field. */
export function described(of: {
  description?: string | null | undefined;
  deprecationReason?: string | null | undefined;
}): JsonSchema {
  const { description, deprecationReason } = of;
  const text = [description, deprecationReason && `Deprecated: ${deprecationReason}`].filter(Boolean).join('\n\n');
  return { ...(text && { description: text }), ...(deprecationReason && { deprecated: true }) };
}

function enumeration(type: GraphQLEnumType): JsonSchema {
  const values = type.getValues();
  const meanings = values.flatMap(({ name, description }) => (description ? [`- \`${name}\`: ${description}`] : []));
  const description = [type.description, meanings.join('\n')].filter(Boolean).join('\n\n');
  return { type: 'string', enum: values.map(({ name }) => name), ...(description && { description }) };
}

function scalar({ name, specifiedByURL }: GraphQLScalarType): JsonSchema {
  return { ...asText[name], ...(specifiedByURL && { externalDocs: { url: specifiedByURL } }) };
}
