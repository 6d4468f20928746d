import { Kind, valueFromASTUntyped, type ConstDirectiveNode, type DocumentNode } from 'graphql';

/** What a schema takes from elsewhere by `@link` (https://specs.apollo.dev/link/v1.0), and how it calls it. */
export type LinkedFeature = {
  /** The address without the version: `https://specs.apollo.dev/authenticated`. */
  identity: string;
  /** For example `0.1`; `undefined` where the address has none. */
  version: string | undefined;
  /** Where a server that does not know the feature must not serve the schema: `SECURITY` or `EXECUTION`. */
  purpose: string | undefined;
  /** What `@link` says, for messages. */
  url: string;
  link: ConstDirectiveNode;
  /** How the schema calls an element of the feature: a directive as `@name`, a type as `Name`; without the `@`. */
  nameOf(element: string): string;
};

/** The features that a schema is linked with, in its order; links that name no address are left out. */
export function linkedFeatures(schema: DocumentNode): LinkedFeature[] {
  return schema.definitions
    .filter(({ kind }) => kind === Kind.SCHEMA_DEFINITION || kind === Kind.SCHEMA_EXTENSION)
    .flatMap((definition) => ('directives' in definition ? (definition.directives ?? []) : []))
    .flatMap((directive) => featureOf(directive as ConstDirectiveNode) ?? []);
}

/**
 * How a schema calls a directive of a feature.
 * @param name without the `@`; it is also the answer for a schema that is not linked with the feature
 */
export function directiveNameIn(schema: DocumentNode, identity: string, name: string): string {
  const feature = linkedFeatures(schema).find((each) => each.identity === identity);
  return feature?.nameOf(`@${name}`) ?? name;
}

function featureOf(link: ConstDirectiveNode): LinkedFeature | undefined {
  const given = new Map(link.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));
  // The first version of `@link` was `@core(feature:)`.
  const url = given.get('url') ?? given.get('feature');
  if (typeof url !== 'string') return undefined;
  const { identity = url, version } = /^(?<identity>.*?)\/v(?<version>\d+\.\d+)\/?$/.exec(url)?.groups ?? {};
  const ownName = identity.slice(identity.lastIndexOf('/') + 1);
  const as = given.get('as');
  const prefix = typeof as === 'string' ? as : ownName;
  const imported = importsOf(given.get('import'));
  const purpose = given.get('for');
  return {
    identity,
    version,
    purpose: typeof purpose === 'string' ? purpose : undefined,
    url,
    link,
    nameOf(element) {
      const known = imported.get(element);
      if (known !== undefined) return known;
      const name = element.replace('@', '');
      return element === `@${ownName}` ? prefix : `${prefix}__${name}`;
    },
  };
}

/** `import: ["@one", { name: "@other", as: "@another" }]`, by the feature's name for it; without the `@` on the right. */
function importsOf(value: unknown): Map<string, string> {
  const elements: unknown[] = Array.isArray(value) ? value : [];
  return new Map(
    elements.flatMap((element): [string, string][] => {
      if (typeof element === 'string') return [[element, element.replace('@', '')]];
      const { name, as } = (element ?? {}) as { name?: unknown; as?: unknown };
      if (typeof name !== 'string') return [];
      return [[name, (typeof as === 'string' ? as : name).replace('@', '')]];
    }),
  );
}
