import { isListType, Kind, type GraphQLSchema } from 'graphql';
import type { RestOperation, RestParameter, RestVariable } from '../rest-operation.ts';
import { answerSchemaOf } from './answer-schema.ts';
import { problemResponses, problemSchema } from './problem-responses.ts';
import { createTypeSchemas, described, type JsonSchema, type TypeSchemas } from './type-schemas.ts';

/** A description by OpenAPI 3.1, as far as it is looked at here. */
export type OpenApi = {
  openapi: '3.1.0';
  paths: Record<string, Record<string, JsonSchema>>;
  [member: string]: unknown;
};

const info = {
  title: 'Gold supergraph',
  version: '1',
  description: [
    'Operations of the graph, each at a path of its own: queries by GET with their variables in the URL, mutations by POST with theirs as a JSON object.',
    'An answer is the data of the operation. What could not be had of it is null, and told in `$errors`. Where there is nothing to answer with it is a problem (RFC 9457) with a code.',
    'Decimals and whole numbers beyond 32 bits are text, because JSON numbers lose digits.',
  ].join('\n\n'),
};

/** Describes the operations, by the schema that clients see. Paths are relative to the address of the description. */
export function describeApi(schema: GraphQLSchema, operations: readonly RestOperation[]): OpenApi {
  const types = createTypeSchemas();
  const paths = Object.fromEntries(
    operations.map((operation) => [
      `/${operation.document.name}`,
      { [operation.method.toLowerCase()]: describeOperation(schema, operation, types) },
    ]),
  );
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/rest' }],
    paths,
    components: {
      // No type of GraphQL has a point in its name.
      schemas: { ...types.components, 'rest.Problem': problemSchema, 'rest.Error': errorSchema },
      responses: problemResponses,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
    // Many operations need nobody to be signed in.
    security: [{}, { bearer: [] }],
  };
}

const errorSchema: JsonSchema = {
  type: 'object',
  description: 'Why a part of the answer could not be had.',
  properties: {
    message: { type: 'string' },
    path: {
      type: 'array',
      items: { type: ['string', 'integer'] },
      description: 'Names and positions that lead to the part.',
    },
    extensions: {
      type: 'object',
      properties: { code: { type: 'string', description: 'To branch on.' } },
    },
  },
  required: ['message'],
};

function describeOperation(schema: GraphQLSchema, operation: RestOperation, types: TypeSchemas): JsonSchema {
  const { document, method, parameters, variables } = operation;
  const isQuery = method === 'GET';
  return {
    operationId: document.name,
    tags: [isQuery ? 'queries' : 'mutations'],
    ...descriptionOf(schema, operation),
    ...(isQuery && parameters.length > 0 && { parameters: parameters.map((each) => describeParameter(each, types)) }),
    ...(!isQuery && variables.length > 0 && { requestBody: describeBody(variables, types) }),
    responses: {
      200: {
        description: 'The data of the operation.',
        content: { 'application/json': { schema: answerOf(schema, operation, types) } },
      },
      ...Object.fromEntries(
        Object.keys(problemResponses).map((status) => [status, { $ref: `#/components/responses/${status}` }]),
      ),
    },
  };
}

/** What the graph says of the fields that the operation begins with. */
function descriptionOf(schema: GraphQLSchema, { document: { operation } }: RestOperation): JsonSchema {
  const fields = schema.getRootType(operation.operation)!.getFields();
  const asked = operation.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? (fields[selection.name.value] ?? []) : [],
  );
  const texts = asked.map((field) => described(field).description as string | undefined).filter(Boolean);
  const isDeprecated = asked.some(({ deprecationReason }) => deprecationReason);
  return {
    ...(texts.length > 0 && { description: [...new Set(texts)].join('\n\n') }),
    ...(isDeprecated && { deprecated: true }),
  };
}

function answerOf(schema: GraphQLSchema, { document }: RestOperation, types: TypeSchemas): JsonSchema {
  const answer = answerSchemaOf(schema, document.document, document.operation, types);
  const $errors = { type: 'array', items: { $ref: '#/components/schemas/rest.Error' } };
  return { ...answer, properties: { ...(answer.properties as JsonSchema), $errors } };
}

function describeParameter(parameter: RestParameter, types: TypeSchemas): JsonSchema {
  const { name, isRequired, isJson, type, defaultValue, description } = parameter;
  const schema = { ...types.ofPresent(type), ...(defaultValue !== undefined && { default: defaultValue }) };
  const whole = isJson && parameter.path.length === 1 && !isListType(type);
  const text = whole ? `${description ?? ''} All of it as JSON, instead of its fields one by one.`.trim() : description;
  const isRepeated = isListType(type);
  return {
    name,
    in: 'query',
    required: isRequired,
    ...(text && { description: text }),
    // Lists are repeated, whatever they are of; what is JSON is described as text that contains it.
    ...(isJson
      ? isRepeated
        ? { schema: { type: 'array', items: { type: 'string', contentMediaType: 'application/json' } }, explode: true }
        : { content: { 'application/json': { schema } } }
      : { schema, ...(isRepeated && { style: 'form', explode: true }) }),
  };
}

function describeBody(variables: readonly RestVariable[], types: TypeSchemas): JsonSchema {
  const required = variables.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  const properties = variables.map(({ name, type, description, defaultValue }) => [
    name,
    { ...types.of(type), ...described({ description }), ...(defaultValue !== undefined && { default: defaultValue }) },
  ]);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
  return { required: required.length > 0, content: { 'application/json': { schema } } };
}
