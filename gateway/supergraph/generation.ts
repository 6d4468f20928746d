import { createHash } from 'node:crypto';
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
import { createCacheRules, type CacheRules } from '../queries/caching/cache-rules.ts';
import type { FetchFromSubgraph } from '../queries/subgraph-fetch.ts';
import { createAccessControl, type AccessControl } from '../security/access/access-control.ts';
import { createCostRules, type CostRules } from '../security/limits/operation-cost.ts';
import { createAccessRules } from './access-rules.ts';
import { describeAccess } from './describe-access.ts';
import { readSupergraph } from './security-features.ts';
import { createStreamRules, type StreamRules } from './stream-rules.ts';

/** Where a subgraph is asked: queries over HTTP by `fetch`, subscriptions over WebSocket at `url`. */
export type Subgraph = {
  name: string;
  url: string;
  fetch: FetchFromSubgraph;
};

/** Keeps what subgraphs answer, as far as the rules of a generation allow it. */
export type KeepAnswers = (options: {
  generationId: string;
  rules: CacheRules;
  fetch: FetchFromSubgraph;
}) => FetchFromSubgraph;

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
  /** Asks any of them. */
  fetch: FetchFromSubgraph;
  streamRules: StreamRules;
  /** For how long answers may be kept. */
  cacheRules: CacheRules;
  /** Who may see what. */
  access: AccessControl;
  /** What operations cost. */
  costRules: CostRules;
  ownFields(subgraph: string, typeName: string): OwnFields;
};

/**
 * Makes a generation from a supergraph schema.
 * @throws Error for a schema that cannot be served, or must not be: one that asks for a protection which is not known here
 * @param subgraphOf gives the connection to a subgraph, by its name and the address that the supergraph has for it
 * @param options.assumedListSize how long lists are taken for of which the schema does not say it
 * @param options.keepAnswers keeps what subgraphs answer; nothing is kept without it
 */
export function createGeneration(
  supergraphSdl: string,
  subgraphOf: (definition: { name: string; url?: string }) => Subgraph,
  options: { assumedListSize?: number; keepAnswers?: KeepAnswers } = {},
): Generation {
  const text = readSupergraph(supergraphSdl);
  const supergraph = Supergraph.build(text.servedSdl);
  const plannerApiSchema = supergraph.apiSchema();
  const streamRules = createStreamRules(text.original);
  const accessRules = createAccessRules(text);
  const apiSchema = plannerApiSchema.toGraphQLJSSchema();
  describeAccess(apiSchema, accessRules);
  const id = createHash('sha256').update(supergraphSdl).digest('hex');
  const cacheRules = createCacheRules(text.original, streamRules.isPersonal);
  const definitions = supergraph.subgraphsMetadata();
  const subgraphs = new Map(definitions.map((definition) => [definition.name, subgraphOf(definition)]));
  const ask: FetchFromSubgraph = (fetch, context) => subgraphs.get(fetch.operation.subgraph)!.fetch(fetch, context);
  return {
    id,
    supergraphSdl,
    apiSchema,
    plannerApiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(supergraph),
    subgraphs,
    fetch: options.keepAnswers?.({ generationId: id, rules: cacheRules, fetch: ask }) ?? ask,
    streamRules,
    cacheRules,
    access: createAccessControl({ schema: apiSchema, rules: accessRules }),
    costRules: createCostRules(text.original, options),
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
