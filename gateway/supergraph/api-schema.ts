import { Supergraph } from '@apollo/federation-internals';
import type { GraphQLSchema } from 'graphql';
import { createAccessRules, type AccessRules } from './access-rules.ts';
import { readSupergraph } from './security-features.ts';

/** What clients see of a supergraph, and who may see what of it. */
export type ApiSchema = { schema: GraphQLSchema; access: AccessRules };

/**
 * Reads what clients see of a supergraph schema: without what joins the subgraphs and what is `@inaccessible`. For tools
 * that only look at it; what is served is a generation.
 * @throws Error where it is no supergraph schema, or none that is served
 */
export function readApiSchema(supergraphSdl: string): ApiSchema {
  const text = readSupergraph(supergraphSdl);
  return {
    schema: Supergraph.build(text.servedSdl).apiSchema().toGraphQLJSSchema(),
    access: createAccessRules(text),
  };
}
