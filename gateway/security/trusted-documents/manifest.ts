import { hash } from 'node:crypto';
import {
  GraphQLError,
  Kind,
  parse,
  type DocumentNode,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';
import { z } from 'zod';

/** One operation of a manifest. */
export type ManifestOperation = {
  /** SHA-256 of `body` as 64 hexadecimal digits, or a name of its own that a client's build tool has given. */
  id: string;
  /** The operation's name. */
  name: string;
  type: `${OperationTypeNode}`;
  /** The operation and the fragments that it needs, GraphQL. */
  body: string;
};

/** An operation of a manifest, read. */
export type TrustedDocument = ManifestOperation & {
  /** SHA-256 of `body`, hex. */
  hash: string;
  document: DocumentNode;
  operation: OperationDefinitionNode;
};

const manifestFormat = 'apollo-persisted-query-manifest';

// Other tools write more into it, such as the client's name.
const manifestShape = z.object({
  format: z.literal(manifestFormat),
  version: z.literal(1),
  operations: z.array(
    z.object({
      id: z.string().min(1),
      name: z.string().min(1),
      type: z.enum(['query', 'mutation', 'subscription']),
      body: z.string().min(1),
    }),
  ),
});

/** SHA-256 of a text, hex: how clients name a document without sending it. */
export function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}

/** The manifest of operations as Apollo's tools write it (persisted query manifest, version 1), JSON. */
export function writeManifest(operations: readonly ManifestOperation[]): string {
  return `${JSON.stringify({ format: manifestFormat, version: 1, operations }, null, 2)}\n`;
}

/**
 * Reads a persisted query manifest, version 1. Several operations may have one name: clients of several versions.
 * @throws Error with every problem, one a line; nothing of a manifest with a problem is to be trusted
 */
export function readManifest(text: string): TrustedDocument[] {
  const manifest = manifestShape.safeParse(readJson(text));
  if (!manifest.success) {
    const issues = manifest.error.issues.map(({ path, message }) => `${path.join('.') || 'the manifest'}: ${message}`);
    throw problemsError(issues);
  }
  const problems: string[] = [];
  const ids = new Set<string>();
  const documents = manifest.data.operations.flatMap((operation) => {
    const problem = (what: string) => problems.push(`${operation.name} (${operation.id}): ${what}`);
    if (ids.has(operation.id)) problem('another operation has this id too');
    ids.add(operation.id);
    const read = readOperation(operation);
    if (typeof read !== 'string') return [read];
    problem(read);
    return [];
  });
  if (problems.length > 0) throw problemsError(problems);
  return documents;
}

/** The operation, or what is wrong with it. */
function readOperation(given: ManifestOperation): TrustedDocument | string {
  const bodyHash = hashOf(given.body);
  if (/^[0-9a-f]{64}$/.test(given.id) && given.id !== bodyHash) return 'the id is not the SHA-256 of the body';
  let document: DocumentNode;
  try {
    document = parse(given.body);
  } catch (error) {
    return `the body is not GraphQL: ${error instanceof GraphQLError ? error.message : String(error)}`;
  }
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const [operation] = operations;
  if (!operation || operations.length > 1) return `the body has ${operations.length} operations instead of one`;
  if (operation.name?.value !== given.name || operation.operation !== given.type)
    return `the body is the ${operation.operation} ${operation.name?.value ?? 'without a name'}`;
  return { ...given, hash: bodyHash, document, operation };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw problemsError([`it is not JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function problemsError(problems: string[]): Error {
  return new Error(['The manifest of trusted documents is not usable:', ...problems].join('\n  '));
}
