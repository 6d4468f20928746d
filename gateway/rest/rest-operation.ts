import {
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  OperationTypeNode,
  specifiedRules,
  typeFromAST,
  TypeInfo,
  validate,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import type { TrustedDocument } from '../security/trusted-documents/manifest.ts';

/** A variable of a document. */
export type RestVariable = {
  name: string;
  type: GraphQLInputType;
  isRequired: boolean;
  /** What the schema says of the argument or the field that it is given to first. */
  description: string | undefined;
  /** As JSON would have it; `undefined` where there is none. */
  defaultValue: unknown;
};

/** What can be given in the query of a URL: a variable, or a field of one that is an input object (`where.status`). */
export type RestParameter = {
  name: string;
  /** The variable and the fields that lead to it. */
  path: readonly string[];
  /** Without non-null, which `isRequired` tells. */
  type: GraphQLInputType;
  isRequired: boolean;
  /** An input object, of which all is given as one JSON text. */
  isJson: boolean;
  description: string | undefined;
  defaultValue: unknown;
};

/** A trusted document as REST clients see it. */
export type RestOperation = {
  document: TrustedDocument;
  method: 'GET' | 'POST';
  variables: readonly RestVariable[];
  /** Of a GET; none of a POST, whose variables are its body. */
  parameters: readonly RestParameter[];
};

/** @returns `undefined` for a subscription, and for a document that is not valid against the schema */
export function restOperationOf(schema: GraphQLSchema, document: TrustedDocument): RestOperation | undefined {
  const { operation } = document;
  if (operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
  if (validate(schema, document.document, specifiedRules, { maxErrors: 1 }).length > 0) return undefined;
  const descriptions = describeVariables(schema, document);
  const variables = (operation.variableDefinitions ?? []).map(
    ({ variable, type: node, defaultValue }): RestVariable => {
      const type = typeFromAST(schema, node) as GraphQLInputType;
      return {
        name: variable.name.value,
        type,
        isRequired: isNonNullType(type) && defaultValue === undefined,
        description: descriptions.get(variable.name.value),
        defaultValue: defaultValue && valueFromASTUntyped(defaultValue),
      };
    },
  );
  const method = operation.operation === OperationTypeNode.MUTATION ? 'POST' : 'GET';
  return { document, method, variables, parameters: method === 'GET' ? variables.flatMap(parametersOf) : [] };
}

/** The type without being non-null. */
export function nullable(type: GraphQLInputType): GraphQLInputType {
  return isNonNullType(type) ? type.ofType : type;
}

function parametersOf(variable: RestVariable): RestParameter[] {
  const { name, isRequired, description, defaultValue } = variable;
  const type = nullable(variable.type);
  const parameter = { name, path: [name], type, isJson: isJson(type), description, defaultValue };
  if (!isInputObjectType(type)) return [{ ...parameter, isRequired }];
  // It may be given either way, so that neither is required; a variable that is missing altogether is told of.
  return [{ ...parameter, isRequired: false }, ...fieldsOf([name], type, [type])];
}

function describeVariables(schema: GraphQLSchema, { document }: TrustedDocument): Map<string, string> {
  const descriptions = new Map<string, string>();
  const typeInfo = new TypeInfo(schema);
  // What a variable is given to stands around it: the innermost that the visit has entered.
  let described: string | null | undefined;
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      VariableDefinition: () => false,
      Argument: () => void (described = typeInfo.getArgument()?.description),
      ObjectField({ name }) {
        const parent = getNamedType(typeInfo.getParentInputType());
        if (isInputObjectType(parent)) described = parent.getFields()[name.value]?.description;
      },
      Variable({ name }) {
        if (described && !descriptions.has(name.value)) descriptions.set(name.value, described);
      },
    }),
  );
  return descriptions;
}

/** The fields of an input object as parameters; where a type contains itself, the inner one is given as JSON. */
function fieldsOf(
  path: readonly string[],
  of: GraphQLInputObjectType,
  above: readonly GraphQLInputType[],
): RestParameter[] {
  return Object.values(of.getFields()).flatMap((field): RestParameter[] => {
    const here = [...path, field.name];
    const type = nullable(field.type);
    if (isInputObjectType(type) && !above.includes(type)) return fieldsOf(here, type, [...above, type]);
    return [
      {
        name: here.join('.'),
        path: here,
        type,
        isRequired: false,
        isJson: isJson(type),
        description: describe(field.description, isRequiredInputField(field), here),
        defaultValue: field.defaultValue,
      },
    ];
  });
}

function describe(
  description: string | undefined | null,
  isRequired: boolean,
  path: readonly string[],
): string | undefined {
  const above = path.slice(0, -1).join('.');
  return isRequired
    ? `${description ?? ''} Required where any other field of \`${above}\` is given.`.trim()
    : (description ?? undefined);
}

function isJson(type: GraphQLInputType): boolean {
  if (!isListType(type)) return isInputObjectType(type);
  const element = nullable(type.ofType);
  return isInputObjectType(element) || isListType(element);
}
