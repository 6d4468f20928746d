import { createHash } from 'node:crypto';
import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import {
  baseType,
  isLeafType,
  isNonNullType,
  isObjectType,
  Supergraph,
  type Schema,
} from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import type { GatewayContext } from '../gateway-context.ts';
import { createStreamRules, type StreamRules } from './stream-rules.ts';

/** Where a subgraph is asked: queries over HTTP by `dataSource`, subscriptions over WebSocket at `url`. */
export type Subgraph = { name: string; url: string; dataSource: GraphQLDataSource<GatewayContext> };

/** The public fields without arguments that a subgraph can tell of one of its types. */
export type OwnFields = {
  /** Fields with nothing below. */
  leaves: readonly string[];
  /** Fields that lead to one entity. */
  references: readonly { name: string; typeName: string }[];
};

/**
 * One supergraph schema and everything that was made from it. It never changes: a new schema is a new generation, and an
 * operation that began with one ends with the same.
 */
export type Generation = {
  /** SHA-256 of the supergraph schema, hex. */
  id: string;
  supergraphSdl: string;
  /** What clients see. */
  apiSchema: GraphQLSchema;
  /** What clients see, as the planner's own type. */
  plannerApiSchema: Schema;
  /** What the subgraphs say together. */
  supergraphSchema: GraphQLSchema;
  planner: QueryPlanner;
  subgraphs: ReadonlyMap<string, Subgraph>;
  streamRules: StreamRules;
  ownFields(subgraph: string, typeName: string): OwnFields;
};

/**
 * Makes a generation from a supergraph schema.
 * @param subgraphOf gives the connection to a subgraph, by its name and the address that the supergraph has for it
 */
export function createGeneration(
  supergraphSdl: string,
  subgraphOf: (definition: { name: string; url?: string }) => Subgraph,
): Generation {
  const supergraph = Supergraph.build(supergraphSdl);
  const plannerApiSchema = supergraph.apiSchema();
  const streamRules = createStreamRules(supergraphSdl);
  return {
    id: createHash('sha256').update(supergraphSdl).digest('hex'),
    supergraphSdl,
    apiSchema: plannerApiSchema.toGraphQLJSSchema(),
    plannerApiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(supergraph),
    subgraphs: new Map(supergraph.subgraphsMetadata().map((definition) => [definition.name, subgraphOf(definition)])),
    streamRules,
    ownFields(subgraph, typeName) {
      const schema = supergraph.subgraphs().get(subgraph)?.schema;
      const type = schema?.type(typeName);
      if (!type || !isObjectType(type)) return { leaves: [], references: [] };
      const fields = type
        .fields()
        .filter((field) => !field.name.startsWith('_') && field.arguments().length === 0)
        .filter((field) => !field.hasAppliedDirective('external') && !field.hasAppliedDirective('requires'))
        .filter((field) => !streamRules.isPersonalField(typeName, field.name));
      return {
        leaves: fields.filter(({ type: of }) => isLeafType(baseType(of!))).map(({ name }) => name),
        references: fields.flatMap(({ name, type: of }) => {
          const entity = of && isNonNullType(of) ? of.ofType : of;
          return entity && isObjectType(entity) && entity.hasAppliedDirective('key')
            ? [{ name, typeName: entity.name }]
            : [];
        }),
      };
    },
  };
}
