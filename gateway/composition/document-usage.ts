import {
  getNamedType,
  isAbstractType,
  isInputObjectType,
  Kind,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type TypeNode,
} from 'graphql';

/** What a document uses of a schema. */
export type DocumentUsage = {
  /** Types that it asks for, names in a fragment, or sends; of what it sends, everything that a variable may contain. */
  types: ReadonlySet<string>;
  /** `Type.field`; what is asked of an interface is asked of each type that implements it, and the other way round. */
  fields: ReadonlySet<string>;
  /** `Type.field.argument`. */
  arguments: ReadonlySet<string>;
  directives: ReadonlySet<string>;
};

/** Finds out what a document uses of a schema that it is valid against. */
export function usageOf(schema: GraphQLSchema, document: DocumentNode): DocumentUsage {
  const types = new Set<string>();
  const fields = new Set<string>();
  const given = new Set<string>();
  const directives = new Set<string>();
  const typeInfo = new TypeInfo(schema);

  function useInput(type: GraphQLNamedType): void {
    if (types.has(type.name)) return;
    types.add(type.name);
    // Which of its fields a variable will have is not known.
    if (isInputObjectType(type)) Object.values(type.getFields()).forEach((field) => useInput(getNamedType(field.type)));
  }

  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field(node) {
        const [parent, field] = [typeInfo.getParentType(), typeInfo.getFieldDef()];
        if (!parent || !field || field.name.startsWith('__')) return;
        types.add(getNamedType(field.type).name);
        for (const { name } of [parent, ...relativesOf(schema, parent)]) {
          fields.add(`${name}.${field.name}`);
          for (const argument of node.arguments ?? []) given.add(`${name}.${field.name}.${argument.name.value}`);
        }
      },
      Argument() {
        const argument = typeInfo.getArgument();
        if (argument) useInput(getNamedType(argument.type));
      },
      Directive: ({ name }) => void directives.add(`@${name.value}`),
      VariableDefinition({ type }) {
        const named = namedType(schema, type);
        if (named) useInput(named);
      },
      FragmentDefinition: ({ typeCondition }) => void types.add(typeCondition.name.value),
      InlineFragment({ typeCondition }) {
        if (typeCondition) types.add(typeCondition.name.value);
      },
      OperationDefinition({ operation }) {
        types.add(schema.getRootType(operation)!.name);
      },
    }),
  );
  return { types, fields, arguments: given, directives };
}

/** Types through which the same field may be asked for: those that an interface stands for, or the interfaces of a type. */
function relativesOf(schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLNamedType[] {
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  return 'getInterfaces' in type ? [...possible, ...type.getInterfaces()] : possible;
}

function namedType(schema: GraphQLSchema, type: TypeNode): GraphQLNamedType | undefined {
  if (type.kind === Kind.NAMED_TYPE) return typeFromAST(schema, type);
  return namedType(schema, type.type);
}
