import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findSchemaChanges, type SchemaChange, type UsedDocument } from '../gateway/composition/schema-changes.ts';
import { collectDocuments } from '../gateway/security/trusted-documents/collect-documents.ts';
import { readManifest } from '../gateway/security/trusted-documents/manifest.ts';
import { readApiSchema } from '../gateway/supergraph/api-schema.ts';

/** What a supergraph changes, against which one, and for how many documents that was looked at. */
export type SchemaCheck = { against: string; changes: SchemaChange[]; documents: number };

const supergraphPath = 'gateway/supergraph.graphql';
const contract = 'gateway/contract/served/*.graphql';
const run = promisify(execFile);

/**
 * Compares a supergraph schema with one before, for the documents in use.
 * @param options.composed the new supergraph schema
 * @param options.against a file, or a git revision whose committed supergraph is meant; without it the last commit, or
 * where that is the same already, the one before: what the last commit has changed
 * @param options.documents files and patterns, from `from`, of operations and of manifests (.json) that are in use beside
 * the contract
 * @returns `undefined` where there is nothing to compare with
 * @throws Error where a file or revision is not there, or documents cannot be read
 */
export async function checkSchema(options: {
  root: string;
  from: string;
  composed: string;
  against?: string | undefined;
  documents?: readonly string[];
}): Promise<SchemaCheck | undefined> {
  const before = await supergraphBefore(options);
  if (!before) return undefined;
  const [beforeSchema, afterSchema] = [readApiSchema(before.text), readApiSchema(options.composed)];
  const files = globSync(contract, { cwd: options.root }).map((path) => join(options.root, path));
  for (const pattern of options.documents ?? []) {
    const found = globSync(pattern, { cwd: options.from });
    if (found.length === 0) throw new Error(`There is no file ${pattern}`);
    files.push(...found.map((path) => resolve(options.from, path)));
  }
  const documents: UsedDocument[] = [];
  const texts: { path: string; text: string }[] = [];
  for (const file of new Set(files)) {
    const [path, text] = [relative(options.root, file), await readFile(file, 'utf8')];
    if (!file.endsWith('.json')) texts.push({ path, text });
    else
      documents.push(
        ...readManifest(text).map(({ name, id, document }) => ({ title: `${name} (${path}, ${id})`, document })),
      );
  }
  // Problems of the documents themselves are not of the schema: what cannot be read has never been served.
  const collected = collectDocuments(texts, beforeSchema.schema).documents;
  documents.push(...collected.map(({ name, place, document }) => ({ title: `${name} (${place})`, document })));
  const changes = await findSchemaChanges({ before: beforeSchema, after: afterSchema, documents });
  return { against: before.name, changes, documents: documents.length };
}

/** The changes in lines for people, the worst first. */
export function describeChanges(changes: readonly SchemaChange[]): string[] {
  return changes.flatMap(({ impact, message, reason, usedBy }) => {
    const label = impact === 'unused' ? 'breaking, unused' : impact;
    const why = reason && impact !== 'safe' ? [`    ${reason}`] : [];
    return [`${label}: ${message}`, ...why, ...usedBy.map((title) => `    used by ${title}`)];
  });
}

async function supergraphBefore(options: {
  root: string;
  from: string;
  composed: string;
  against?: string | undefined;
}) {
  const { root, from, composed, against } = options;
  if (against !== undefined) {
    const file = resolve(from, against);
    if (existsSync(file)) return { name: against, text: await readFile(file, 'utf8') };
    const text = await committed(root, against);
    if (text === undefined) throw new Error(`${against} is no file, and no revision that has ${supergraphPath}`);
    return { name: against, text };
  }
  const texts = new Map<string, string>();
  for (const revision of ['HEAD', 'HEAD^']) {
    const text = await committed(root, revision);
    if (text !== undefined) texts.set(revision, text);
  }
  const changed = [...texts].find(([, text]) => text !== composed) ?? [...texts][0];
  return changed && { name: changed[0], text: changed[1] };
}

/** The supergraph schema of a revision; `undefined` without git, or where it has none. */
async function committed(root: string, revision: string): Promise<string | undefined> {
  // In the containers of CI the checkout belongs to somebody else, for which git would refuse to read it.
  const args = ['-c', 'safe.directory=*', 'show', `${revision}:${supergraphPath}`];
  try {
    return (await run('git', args, { cwd: root, maxBuffer: 64_000_000 })).stdout;
  } catch {
    return undefined;
  }
}
