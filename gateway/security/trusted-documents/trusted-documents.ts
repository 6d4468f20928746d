import { setImmediate as nextTurn } from 'node:timers/promises';
import { specifiedRules, validate, type GraphQLSchema } from 'graphql';
import type { Logger } from '#shared/logger.ts';
import { countedElsewhere, gauge, type Registry } from '#shared/metrics.ts';
import { watchFile } from '../../watched-file.ts';
import { createDocumentVerdicts, type DocumentVerdicts } from './document-verdicts.ts';
import { readManifest, type TrustedDocument } from './manifest.ts';

/** What becomes of a document that is not trusted: `log` counts it, logs it once and serves it, `enforce` refuses it. */
export type TrustMode = 'off' | 'log' | 'enforce';

export type TrustedDocuments = {
  /** Reads the manifest and follows it from then on. @throws Error where it cannot be read or has a problem */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Whether nothing else is served. */
  isEnforced: boolean;
  /** The document with this id, or with this SHA-256 as 64 hexadecimal digits. */
  find(id: string): TrustedDocument | undefined;
  /**
   * Whether a document may be served. White space, commas and comments do not matter: a trusted one is given as the
   * manifest has it, so that it is known from then on.
   * @returns the text to serve, or `undefined` where it is refused
   */
  judge(query: string): { query: string; isTrusted: boolean } | undefined;
  /** All of them, in the manifest's order: the same list until there is a new manifest. */
  all(): readonly TrustedDocument[];
  /**
   * Tells the log which trusted documents a schema does not serve, for this schema and every manifest that is read from
   * now on. They are still trusted: those who send them get the errors of the validation.
   */
  checkAgainst(schema: GraphQLSchema): Promise<void>;
};

/**
 * The documents that are trusted: those in a manifest that was made when the clients were built (`npm run
 * trusted-documents`, or Apollo's tools). A new manifest takes the place of the one before as a whole; one that is bad is
 * refused and the one before serves on.
 * @param options.file the manifest; without it there are no trusted documents
 * @param options.pollMs milliseconds between two looks at the file; 0 looks only once
 * @param options.allowIntrospection whether the schema may be asked for by documents that nobody has listed
 */
export function createTrustedDocuments(options: {
  file: string | URL | undefined;
  mode: TrustMode;
  pollMs: number;
  allowIntrospection: boolean;
  logger: Logger;
  metrics: Registry;
}): TrustedDocuments {
  const { file, mode, logger, metrics } = options;
  const counted = { trusted: 0, unknown: 0 };
  let documents: readonly TrustedDocument[] = [];
  let byId = new Map<string, TrustedDocument>();
  let verdicts: DocumentVerdicts = createDocumentVerdicts([], options);
  let schema: GraphQLSchema | undefined;
  let notServed = 0;

  function take(manifest: string): void {
    documents = readManifest(manifest);
    byId = new Map(documents.flatMap((each) => [[each.hash, each] as const, [each.id, each] as const]));
    verdicts = createDocumentVerdicts(documents, options);
    if (schema) check(schema).catch((err: unknown) => logger.error({ err }, 'trusted documents could not be checked'));
  }

  async function check(against: GraphQLSchema): Promise<void> {
    const checked = documents;
    const problems: Record<string, string> = {};
    for (const { name, id, document } of checked) {
      const [error] = validate(against, document, specifiedRules, { maxErrors: 1 });
      if (error) problems[`${name} (${id})`] = error.message;
      // Operations under way are not to wait for all of them.
      await nextTurn();
      if (checked !== documents || against !== schema) return;
    }
    notServed = Object.keys(problems).length;
    if (notServed > 0)
      logger.error({ problems }, `${notServed} trusted documents are not valid against the schema that is served`);
  }

  const watched =
    file === undefined ? undefined : watchFile({ ...options, what: 'manifest of trusted documents', file, take });
  gauge(metrics, 'gold_gateway_trusted_documents', 'Documents that are trusted', {
    collect: (known) => known.set(documents.length),
  });
  gauge(metrics, 'gold_gateway_trusted_documents_invalid', 'Trusted documents that the schema does not serve', {
    collect: (invalid) => invalid.set(notServed),
  });
  const help = { trusted: 'Operations by trusted documents', unknown: 'Operations by documents that are not trusted' };
  countedElsewhere(metrics, 'gold_gateway_trusted_operations_total', help.trusted, () => counted.trusted);
  countedElsewhere(metrics, 'gold_gateway_untrusted_operations_total', help.unknown, () => counted.unknown);

  return {
    async start() {
      await watched?.start();
    },
    async close() {
      await watched?.close();
    },
    isEnforced: mode === 'enforce',
    find(id) {
      const found = byId.get(id);
      if (found) counted.trusted += 1;
      return found;
    },
    judge(query) {
      if (mode === 'off') return { query, isTrusted: false };
      const verdict = verdicts.of(query);
      if (verdict.kind === 'trusted') {
        counted.trusted += 1;
        return { query: verdict.query, isTrusted: true };
      }
      if (verdict.kind === 'introspection') return { query, isTrusted: false };
      counted.unknown += 1;
      return mode === 'enforce' ? undefined : { query, isTrusted: false };
    },
    all: () => documents,
    async checkAgainst(newSchema) {
      schema = newSchema;
      await check(newSchema);
    },
  };
}
