import {
  buildASTSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { allOf, nobody, type AccessRule, type Alternatives } from './access-rule.ts';
import { requiredFieldsOf } from './required-fields.ts';
import type { ProtectingDirectives, SupergraphText } from './security-features.ts';

/** Who may see what, as all subgraphs together say it (https://specs.apollo.dev: authenticated, requiresScopes, policy). */
export type AccessRules = {
  /** Whether everything is everybody's. */
  isEmpty: boolean;
  /**
   * What it takes to see a field; `undefined` where anybody may. It takes what the field, the type that it belongs to and the
   * type that it leads to are marked with, and what the fields are marked with that a subgraph requires to answer it. Through
   * an interface it takes what each type takes that implements it, as composition has it since 2.9.4: who may see less asks
   * for the types by fragments. A union takes nothing: its members do. Arguments and input types are not protected.
   * What is not in the schema nobody may see.
   */
  ofField(typeName: string, fieldName: string): AccessRule | undefined;
  /** What it takes to see anything of a type. */
  ofType(typeName: string): AccessRule | undefined;
};

type Composite = GraphQLObjectType | GraphQLInterfaceType;

/** Reads the rules from a supergraph schema, where composition has put the directives of all subgraphs together. */
export function createAccessRules({ original, protecting }: SupergraphText): AccessRules {
  if (!Object.values(protecting).some(Boolean))
    return { isEmpty: true, ofField: () => undefined, ofType: () => undefined };

  const schema = buildASTSchema(original, { assumeValidSDL: true });
  const fieldRules = new Map<string, AccessRule | undefined>();
  const typeRules = new Map<string, AccessRule | undefined>();

  function ofType(typeName: string): AccessRule | undefined {
    if (!typeRules.has(typeName)) typeRules.set(typeName, findTypeRule(schema.getType(typeName)));
    return typeRules.get(typeName);
  }

  function findTypeRule(type: GraphQLNamedType | undefined): AccessRule | undefined {
    if (!type) return nobody;
    const members = isInterfaceType(type) ? membersOf(schema, type) : [];
    return allOf([type, ...members].map(({ astNode }) => ownRule(astNode, protecting)));
  }

  function ofField(typeName: string, fieldName: string): AccessRule | undefined {
    // The schema is the same for everybody; that there is something of a type is told by its name, too.
    if (fieldName === '__schema' || fieldName === '__type' || typeName.startsWith('__')) return undefined;
    if (fieldName === '__typename') return ofType(typeName);
    const name = `${typeName}.${fieldName}`;
    if (!fieldRules.has(name)) {
      // While it is being found out: what a field requires may in turn require that field, and adds nothing to it.
      fieldRules.set(name, undefined);
      fieldRules.set(name, findFieldRule(schema.getType(typeName), fieldName));
    }
    return fieldRules.get(name);
  }

  function findFieldRule(type: GraphQLNamedType | undefined, fieldName: string): AccessRule | undefined {
    if (!isObjectType(type) && !isInterfaceType(type)) return nobody;
    if (!type.getFields()[fieldName]) return nobody;
    const members = isInterfaceType(type) ? membersOf(schema, type) : [];
    return allOf([type, ...members].flatMap((each) => rulesHere(each, fieldName)));
  }

  function rulesHere(type: Composite, fieldName: string): (AccessRule | undefined)[] {
    const field = type.getFields()[fieldName];
    if (!field) return [];
    return [
      ofType(type.name),
      ownRule(field.astNode, protecting),
      ofType(getNamedType(field.type).name),
      ...requiredFieldsOf(field.astNode?.directives).flatMap((selection) => rulesOfSelection(selection, type)),
    ];
  }

  function rulesOfSelection({ selections }: SelectionSetNode, type: GraphQLNamedType): (AccessRule | undefined)[] {
    return selections.flatMap((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition && schema.getType(selection.typeCondition.name.value);
        return rulesOfSelection(selection.selectionSet, condition ?? type);
      }
      const field = 'getFields' in type ? type.getFields()[selection.name.value] : undefined;
      const below =
        selection.selectionSet && field ? rulesOfSelection(selection.selectionSet, getNamedType(field.type)) : [];
      return [ofField(type.name, selection.name.value), ...below];
    });
  }

  return { isEmpty: false, ofField, ofType };
}

/** The types that implement an interface, interfaces among them. */
function membersOf(schema: GraphQLSchema, type: GraphQLInterfaceType): Composite[] {
  const { objects, interfaces } = schema.getImplementations(type);
  return [...objects, ...interfaces];
}

type Marked = { readonly directives?: readonly ConstDirectiveNode[] | undefined } | null | undefined;

/** What something is marked with itself. */
function ownRule(node: Marked, protecting: ProtectingDirectives): AccessRule | undefined {
  const marks = node?.directives ?? [];
  const named = (name: string | undefined) => marks.filter((mark) => mark.name.value === name);
  return allOf([
    {
      isAuthenticated: named(protecting.authenticated).length > 0,
      scopes: named(protecting.requiresScopes).flatMap((mark) => alternativesOf(mark, 'scopes')),
      policies: named(protecting.policy).flatMap((mark) => alternativesOf(mark, 'policies')),
    },
  ]);
}

/** Composition reads no alternative at all as no demand; so does this. */
function alternativesOf(mark: ConstDirectiveNode, argument: string): Alternatives[] {
  const value = mark.arguments?.find(({ name }) => name.value === argument)?.value;
  const alternatives = (value ? valueFromASTUntyped(value) : []) as Alternatives;
  return alternatives.length === 0 ? [] : [alternatives];
}
