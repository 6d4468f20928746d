import { readFileSync } from 'node:fs';
import { settings } from '../../../config.ts';
import { createGeneration } from '../../../supergraph/generation.ts';

/** The project's own supergraph schema. */
export const goldSdl = readFileSync(new URL('../../../supergraph.graphql', import.meta.url), 'utf8');

/** A generation whose subgraphs are not asked. */
export function goldGeneration(supergraphSdl = goldSdl) {
  const notAsked = () => Promise.reject(new Error('subgraphs are not asked here'));
  return createGeneration(supergraphSdl, ({ name, url = '' }) => ({
    name,
    url,
    fetch: notAsked,
  }));
}

/** What the gateway makes of its settings for documents, where nobody has changed them. */
export function documentSettings() {
  const { MAX_DEPTH, MAX_SELECTIONS, MAX_ROOT_FIELDS, MAX_ALIASES, MAX_DIRECTIVES, MAX_TOKENS } = settings;
  return {
    limits: {
      maxDepth: MAX_DEPTH.parse(undefined),
      maxSelections: MAX_SELECTIONS.parse(undefined),
      maxRootFields: MAX_ROOT_FIELDS.parse(undefined),
      maxAliases: MAX_ALIASES.parse(undefined),
      maxDirectives: MAX_DIRECTIVES.parse(undefined),
    },
    maxTokens: MAX_TOKENS.parse(undefined),
    introspection: true,
    hideSuggestions: false,
  };
}
