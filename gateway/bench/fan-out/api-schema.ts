import { readFileSync } from 'node:fs';
import { Supergraph } from '@apollo/federation-internals';
import type { GraphQLSchema } from 'graphql';
import { readSupergraph } from '../../supergraph/security-features.ts';

/** What clients of the gateway may ask, for peers that answer the same operations without a gateway. */
export function readApiSchema(): GraphQLSchema {
  const file = new URL('../../supergraph.graphql', import.meta.url);
  const { servedSdl } = readSupergraph(readFileSync(file, 'utf8'));
  return Supergraph.build(servedSdl, { validateSupergraph: false }).apiSchema().toGraphQLJSSchema();
}
