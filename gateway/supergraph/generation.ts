import { createHash } from 'node:crypto';
import type { GraphQLDataSource } from '@apollo/gateway/dist/datasources/types.js';
import { Supergraph, type Schema } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import type { GatewayContext } from '../gateway-context.ts';

/** Where a subgraph is asked: queries over HTTP by `dataSource`, subscriptions over WebSocket at `url`. */
export type Subgraph = { name: string; url: string; dataSource: GraphQLDataSource<GatewayContext> };

/**
 * One supergraph schema and everything that was made from it. It never changes: a new schema is a new generation, and an
 * operation that began with one ends with the same.
 */
export type Generation = {
  /** SHA-256 of the supergraph schema, hex. */
  id: string;
  /** What clients see. */
  apiSchema: GraphQLSchema;
  /** What clients see, as the planner's own type. */
  plannerApiSchema: Schema;
  /** What the subgraphs say together. */
  supergraphSchema: GraphQLSchema;
  planner: QueryPlanner;
  subgraphs: ReadonlyMap<string, Subgraph>;
};

/**
 * Makes a generation from a supergraph schema.
 * @param subgraphOf gives the connection to a subgraph, by its name and the address that the supergraph has for it
 */
export function createGeneration(
  supergraphSdl: string,
  apiSchema: GraphQLSchema,
  subgraphOf: (definition: { name: string; url?: string }) => Subgraph,
): Generation {
  const supergraph = Supergraph.build(supergraphSdl);
  return {
    id: createHash('sha256').update(supergraphSdl).digest('hex'),
    apiSchema,
    plannerApiSchema: supergraph.apiSchema(),
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(supergraph),
    subgraphs: new Map(supergraph.subgraphsMetadata().map((definition) => [definition.name, subgraphOf(definition)])),
  };
}
