import { readFileSync } from 'node:fs';
import { Supergraph } from '@apollo/federation-internals';
import type { GraphQLSchema } from 'graphql';

/** What clients of the gateway may ask, for peers that answer the same operations without a gateway. */
export function readApiSchema(): GraphQLSchema {
  const file = new URL('../../supergraph.graphql', import.meta.url);
  return Supergraph.build(readFileSync(file, 'utf8'), { validateSupergraph: false }).apiSchema().toGraphQLJSSchema();
}
