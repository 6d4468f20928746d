import { existsSync, globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { readConfig } from '../gateway/config.ts';
import { createDocumentLimits } from '../gateway/security/limits/document-limits.ts';
import { collectDocuments, manifestOperation } from '../gateway/security/trusted-documents/collect-documents.ts';
import { readManifest, writeManifest, type ManifestOperation } from '../gateway/security/trusted-documents/manifest.ts';
import { readApiSchema } from '../gateway/supergraph/api-schema.ts';
import { readArguments } from './arguments.ts';
import { readSettings } from './config.ts';
import { runScript } from './script.ts';

const usage = `Usage: npm run trusted-documents -- <files…> [options]

Writes the manifest of trusted documents, which the gateway reads as TRUSTED_DOCUMENTS_FILE: every operation of the
files, with its fragments. The files may be patterns ("src/**/*.graphql"); a fragment of one may be used in all.

  --out <file>         The manifest; trusted-documents.json without it
  --supergraph <file>  The schema that they have to be valid against; gateway/supergraph.graphql without it
  --typenames          Adds __typename where Apollo Client and urql add it before they send a document
  --keep               Keeps what the manifest has already, for clients that are older`;

// Nothing is written while there is a problem; all of them are printed at once.
runScript(async () => {
  const { root, environment } = readSettings();
  const { values, positionals } = readArguments(
    {
      allowPositionals: true,
      options: {
        out: { type: 'string', default: 'trusted-documents.json' },
        supergraph: { type: 'string', default: resolve(root, 'gateway/supergraph.graphql') },
        typenames: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
      },
    },
    usage,
  );
  // npm runs scripts at the top of the repository, and says where it was called.
  const from = environment.INIT_CWD ?? process.cwd();
  const paths = positionals.flatMap((pattern) => {
    const found = globSync(pattern, { cwd: from });
    if (found.length === 0) throw new Error(`There is no file ${pattern}`);
    return found.map((path) => resolve(from, path));
  });
  if (paths.length === 0) throw new Error(usage);
  const files = await Promise.all(
    [...new Set(paths)].toSorted().map(async (path) => ({
      path: relative(from, path),
      text: await readFile(path, 'utf8'),
    })),
  );
  const { schema } = readApiSchema(await readFile(resolve(from, values.supergraph), 'utf8'));
  const { documents, problems } = collectDocuments(files, schema, createDocumentLimits(limits(environment)));
  if (problems.length > 0) throw new Error(problems.join('\n'));

  const operations = documents.map((document) => manifestOperation(document, values));
  const out = resolve(from, values.out);
  const kept = values.keep && existsSync(out) ? readManifest(await readFile(out, 'utf8')) : [];
  const older = kept.filter(({ id }) => !operations.some((operation) => operation.id === id)).map(bare);
  await writeFile(out, writeManifest([...operations, ...older]));
  const keptToo = older.length > 0 ? `, and ${older.length} that were there before` : '';
  console.log(`${relative(from, out)} is written: ${operations.length} documents${keptToo}`);
});

/** The limits of the gateway that is to serve them, as far as they do not depend on variables. */
function limits({ MAX_DEPTH, MAX_SELECTIONS, MAX_ROOT_FIELDS, MAX_ALIASES, MAX_DIRECTIVES }: NodeJS.ProcessEnv) {
  const config = readConfig({ MAX_DEPTH, MAX_SELECTIONS, MAX_ROOT_FIELDS, MAX_ALIASES, MAX_DIRECTIVES });
  return {
    maxDepth: config.MAX_DEPTH,
    maxSelections: config.MAX_SELECTIONS,
    maxRootFields: config.MAX_ROOT_FIELDS,
    maxAliases: config.MAX_ALIASES,
    maxDirectives: config.MAX_DIRECTIVES,
  };
}

function bare({ id, name, type, body }: ManifestOperation): ManifestOperation {
  return { id, name, type, body };
}
