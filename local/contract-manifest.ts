import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collectDocuments, manifestOperation } from '../gateway/security/trusted-documents/collect-documents.ts';
import { writeManifest } from '../gateway/security/trusted-documents/manifest.ts';
import { readApiSchema } from '../gateway/supergraph/api-schema.ts';

/**
 * The manifest of the operations that our clients send (gateway/contract/served), by which a gateway serves each of them at
 * /rest/<name>.
 * @param root the top of the repository
 * @throws Error with everything that is wrong with them
 */
export async function renderContractManifest(root: string): Promise<string> {
  const paths = globSync('gateway/contract/served/*.graphql', { cwd: root }).toSorted();
  const files = await Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })),
  );
  const { schema } = readApiSchema(await readFile(join(root, 'gateway/supergraph.graphql'), 'utf8'));
  const { documents, problems } = collectDocuments(files, schema);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return writeManifest(documents.map((document) => manifestOperation(document, { typenames: false })));
}
