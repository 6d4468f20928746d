import { Kind, type ASTNode, type ConstDirectiveNode } from 'graphql';

/** What `@cacheControl` says of a type or a field. */
export type CacheHint = {
  /** Seconds. */
  maxAge?: number;
  /** For as long as the field that leads here. */
  inherits?: boolean;
  /** Only for who has asked for it. */
  isPrivate?: boolean;
};

/** The hint of a definition of a schema; empty where there is none. Where it inherits, a `maxAge` beside that does not count. */
export function cacheHintOf(definition: ASTNode | null | undefined): CacheHint {
  const directives: readonly ConstDirectiveNode[] =
    definition && 'directives' in definition ? ((definition.directives ?? []) as readonly ConstDirectiveNode[]) : [];
  const directive = directives.find(({ name }) => name.value === 'cacheControl');
  const hint: CacheHint = {};
  for (const { name, value } of directive?.arguments ?? []) {
    if (name.value === 'maxAge' && value.kind === Kind.INT) hint.maxAge = Math.max(0, Number(value.value));
    if (name.value === 'inheritMaxAge' && value.kind === Kind.BOOLEAN) hint.inherits = value.value;
    if (name.value === 'scope' && value.kind === Kind.ENUM) hint.isPrivate = value.value === 'PRIVATE';
  }
  if (hint.inherits) delete hint.maxAge;
  return hint;
}
