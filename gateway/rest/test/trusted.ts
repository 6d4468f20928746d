import type { GraphQLSchema } from 'graphql';
import { collectDocuments, manifestOperation } from '../../security/trusted-documents/collect-documents.ts';
import { readManifest, writeManifest, type TrustedDocument } from '../../security/trusted-documents/manifest.ts';

/** The operations of texts, as they come out of a manifest. */
export function trust(schema: GraphQLSchema, ...texts: string[]): TrustedDocument[] {
  const files = texts.map((text, index) => ({ path: `${index}.graphql`, text }));
  const { documents, problems } = collectDocuments(files, schema);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return readManifest(writeManifest(documents.map((document) => manifestOperation(document, { typenames: false }))));
}
