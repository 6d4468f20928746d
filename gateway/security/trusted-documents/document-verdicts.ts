import { Kind, parse, stripIgnoredCharacters } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Logger } from '#shared/logger.ts';
import { hashOf, type TrustedDocument } from './manifest.ts';

export type Verdict =
  /** `query` is the document as the manifest has it. */
  | { kind: 'trusted'; query: string }
  /** It asks only for the schema, which is allowed. */
  | { kind: 'introspection' }
  | { kind: 'unknown' };

export type DocumentVerdicts = { of(query: string): Verdict };

/** Characters of the texts whose verdicts are remembered, of all together and of one: clients choose their length. */
const keptCharacters = 2_000_000;
const longestKept = 64_000;
/** So many documents are logged for a manifest; the rest is only counted, or strangers would fill the log. */
const loggedAtMost = 1_000;
/** Several times what GraphiQL and Sandbox send. */
const introspectionTokens = 2_000;

/** Finds out whether texts are trusted. Each that is unknown is logged when it comes first, by its hash: it may hold secrets. */
export function createDocumentVerdicts(
  documents: readonly TrustedDocument[],
  options: { allowIntrospection: boolean; logger: Logger },
): DocumentVerdicts {
  const { allowIntrospection, logger } = options;
  const exact = new Map<string, Verdict>();
  const bare = new Map<string, Verdict>();
  for (const { body } of documents) {
    const verdict: Verdict = { kind: 'trusted', query: body };
    exact.set(body, verdict);
    bare.set(stripIgnoredCharacters(body), verdict);
  }
  const remembered = new LRUCache<string, Verdict>({
    maxSize: keptCharacters,
    maxEntrySize: longestKept,
    sizeCalculation: (_verdict, query) => 200 + query.length,
  });
  let logged = 0;

  function judge(query: string): Verdict {
    const trusted = bare.get(bareText(query) ?? '');
    if (trusted) return trusted;
    if (allowIntrospection && asksForSchema(query)) return { kind: 'introspection' };
    logged += 1;
    if (logged <= loggedAtMost) {
      const operationName = /\b(?:query|mutation|subscription)\s+(\w+)/.exec(query)?.[1];
      logger.warn({ sha256: hashOf(query), operationName }, 'a document is not trusted');
    }
    return { kind: 'unknown' };
  }

  return {
    of(query) {
      const known = exact.get(query) ?? remembered.get(query);
      if (known) return known;
      const verdict = judge(query);
      remembered.set(query, verdict);
      return verdict;
    },
  };
}

function bareText(query: string): string | undefined {
  try {
    return stripIgnoredCharacters(query);
  } catch {
    return undefined;
  }
}

/** As GraphiQL and Sandbox do it: fragments only below the root. */
function asksForSchema(query: string): boolean {
  // Most documents do not, and need not be parsed to see that.
  if (!query.includes('__')) return false;
  try {
    const operations = parse(query, { maxTokens: introspectionTokens }).definitions.filter(
      ({ kind }) => kind !== Kind.FRAGMENT_DEFINITION,
    );
    return operations.every(
      (each) =>
        each.kind === Kind.OPERATION_DEFINITION &&
        each.selectionSet.selections.every(
          (selection) => selection.kind === Kind.FIELD && selection.name.value.startsWith('__'),
        ),
    );
  } catch {
    return false;
  }
}
