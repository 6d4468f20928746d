import { Kind, parse, print, visit, type DocumentNode } from 'graphql';
import { linkedFeatures, type LinkedFeature } from './linked-features.ts';

/** How a supergraph schema calls the directives that protect; `undefined` where it is not linked with one. */
export type ProtectingDirectives = {
  authenticated: string | undefined;
  requiresScopes: string | undefined;
  policy: string | undefined;
};

/** A supergraph schema as composition has written it, and as the planner can read it. */
export type SupergraphText = {
  /** With everything that the subgraphs say. */
  original: DocumentNode;
  /** Without the directives that protect, which the planner does not know. */
  servedSdl: string;
  protecting: ProtectingDirectives;
};

const authenticated = 'https://specs.apollo.dev/authenticated';
const requiresScopes = 'https://specs.apollo.dev/requiresScopes';
const policy = 'https://specs.apollo.dev/policy';

/** What is enforced here, with its elements, in the one version that there is. */
const enforced = new Map([
  [authenticated, ['@authenticated']],
  [requiresScopes, ['@requiresScopes', 'Scope']],
  [policy, ['@policy', 'Policy']],
]);

/** What the planner itself obeys: what is inaccessible is not in the schema for clients. */
const obeyedByPlanner = new Set([
  'https://specs.apollo.dev/inaccessible/v0.1',
  'https://specs.apollo.dev/inaccessible/v0.2',
]);

/**
 * Takes the security features out of a supergraph schema.
 * @throws Error for a schema that asks for the protection of a feature that this gateway does not know: it must not be served
 */
export function readSupergraph(supergraphSdl: string): SupergraphText {
  const original = parse(supergraphSdl, { noLocation: true });
  const features = linkedFeatures(original).filter(({ purpose }) => purpose === 'SECURITY');
  const unknown = features.filter((feature) => !isEnforced(feature) && !obeyedByPlanner.has(feature.url));
  if (unknown.length > 0) throw new Error(refusalOf(unknown));
  // Composition writes the purpose; a schema without it is meant to be protected as well.
  const protective = linkedFeatures(original).filter(isEnforced);
  const nameOf = (identity: string) => protective.find((each) => each.identity === identity)?.nameOf;
  return {
    original,
    servedSdl: protective.length === 0 ? supergraphSdl : print(without(original, protective)),
    protecting: {
      authenticated: nameOf(authenticated)?.('@authenticated'),
      requiresScopes: nameOf(requiresScopes)?.('@requiresScopes'),
      policy: nameOf(policy)?.('@policy'),
    },
  };
}

function isEnforced({ identity, version }: LinkedFeature): boolean {
  return enforced.has(identity) && version === '0.1';
}

function refusalOf(unknown: readonly LinkedFeature[]): string {
  const urls = unknown.map(({ url }) => url).join(', ');
  return `The supergraph is protected by what this gateway does not enforce: ${urls}. It is not served, so that nothing is shown to whom it is not meant for`;
}

function without(schema: DocumentNode, features: readonly LinkedFeature[]): DocumentNode {
  const links = new Set(features.map(({ link }) => link));
  const elements = features.flatMap(({ identity, nameOf }) =>
    enforced.get(identity)!.map((element) => ({ isDirective: element.startsWith('@'), name: nameOf(element) })),
  );
  const directives = new Set(elements.filter(({ isDirective }) => isDirective).map(({ name }) => name));
  const types = new Set(elements.filter(({ isDirective }) => !isDirective).map(({ name }) => name));
  return visit(schema, {
    Directive: (node) => (links.has(node as never) || directives.has(node.name.value) ? null : undefined),
    [Kind.DIRECTIVE_DEFINITION]: (node) => (directives.has(node.name.value) ? null : undefined),
    [Kind.SCALAR_TYPE_DEFINITION]: (node) => (types.has(node.name.value) ? null : undefined),
  });
}
