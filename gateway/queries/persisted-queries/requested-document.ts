import type { GraphQLFormattedError } from 'graphql';
import { hashOf } from '../../security/trusted-documents/manifest.ts';
import type { TrustedDocuments } from '../../security/trusted-documents/trusted-documents.ts';
import type { PersistedQueries } from './persisted-queries.ts';

/** How a request names its document, over whatever transport: what came, unchecked. */
export type DocumentRequest = { query?: unknown; documentId?: unknown; extensions?: unknown };

export type RequestedDocument = {
  query: string;
  /** Whether it stands in the manifest of trusted documents. */
  isTrusted: boolean;
  /** Remembers it by its hash; to be called once it is known to be valid. Only where the client wants that. */
  keep?: () => void;
};

/** Why there is no document. Over HTTP it has this status and these headers. */
export type RefusedDocument = {
  refusal: GraphQLFormattedError;
  status: number;
  headers: Record<string, string>;
};

type Found = RequestedDocument | RefusedDocument;

export type RequestedDocuments = {
  /**
   * The document of a request: its text in `query`, or the hash of one that is known, as `documentId` (GraphQL over HTTP,
   * persisted documents) or `extensions.persistedQuery` (Apollo). At once, unless Redis has to be asked.
   */
  read(request: DocumentRequest): Found | Promise<Found>;
};

/** What a request names its document by. `id` is a SHA-256 in hex, or an id of the manifest's own. */
type Name = { id: string; isHash: boolean; by: 'documentId' | 'persistedQuery' };

/** @param options.persisted queries that clients name by their hash; `undefined` where that is off */
export function createRequestedDocuments(options: {
  trusted: TrustedDocuments;
  persisted: PersistedQueries | undefined;
}): RequestedDocuments {
  const { trusted } = options;
  // Who may only send what is trusted has nothing to register.
  const persisted = trusted.isEnforced ? undefined : options.persisted;

  function judged(query: string, keep?: () => void): Found {
    const verdict = trusted.judge(query);
    if (!verdict) return notTrusted;
    return keep && !verdict.isTrusted ? { ...verdict, keep } : verdict;
  }

  function withText(query: string, name: Name | undefined): Found {
    if (!name) return judged(query);
    const listed = trusted.find(name.id);
    if (listed?.body === query) return { query, isTrusted: true };
    if (listed || !name.isHash || hashOf(query) !== name.id) return badRequest(`The ${name.by} is of another document`);
    return judged(query, persisted && (() => persisted.keep(query)));
  }

  function byName(name: Name): Found | Promise<Found> {
    const listed = trusted.find(name.id);
    if (listed) return { query: listed.body, isTrusted: true };
    if (!persisted) return name.by === 'persistedQuery' ? notSupported : unknownId(name.id);
    if (!name.isHash) return unknownId(name.id);
    const named = (query: string | undefined): Found => {
      if (query !== undefined) return judged(query);
      return name.by === 'persistedQuery' ? persistedQueryNotFound : unknownId(name.id);
    };
    const query = persisted.find(name.id);
    return query instanceof Promise ? query.then(named) : named(query);
  }

  function unknownId(id: string): RefusedDocument {
    return trusted.isEnforced
      ? notTrusted
      : refused('DOCUMENT_NOT_FOUND', `No document is known by the id "${id}"`, 400);
  }

  return {
    read(request) {
      const { query } = request;
      // Over WebSocket an empty text stands for none: graphql-ws wants one.
      const hasText = query !== undefined && query !== null && query !== '';
      if (hasText && typeof query !== 'string') return badRequest('"query" must be a string');
      const name = nameOf(request);
      if (name && 'refusal' in name) return name;
      if (hasText) return withText(query, name);
      return name ? byName(name) : missing;
    },
  };
}

function nameOf({ documentId, extensions }: DocumentRequest): Name | RefusedDocument | undefined {
  const persistedQuery = extensions ? (extensions as { persistedQuery?: unknown }).persistedQuery : undefined;
  if (documentId !== undefined && documentId !== null) return nameById(documentId, persistedQuery !== undefined);
  if (persistedQuery === undefined || persistedQuery === null) return undefined;
  const { version, sha256Hash } = persistedQuery as { version?: unknown; sha256Hash?: unknown };
  if (version !== 1) return badRequest('Unsupported persisted query version');
  if (typeof sha256Hash !== 'string') return badRequest('"persistedQuery.sha256Hash" must be a string');
  return { id: sha256Hash, isHash: true, by: 'persistedQuery' };
}

function nameById(documentId: unknown, isNamedTwice: boolean): Name | RefusedDocument {
  if (typeof documentId !== 'string') return badRequest('"documentId" must be a string');
  if (isNamedTwice) return badRequest('Send either "documentId" or "extensions.persistedQuery"');
  const [, sha256] = /^sha256:([0-9a-f]{64})$/.exec(documentId) ?? [];
  if (sha256) return { id: sha256, isHash: true, by: 'documentId' };
  if (documentId.startsWith('sha256:'))
    return badRequest('"documentId" must be "sha256:" and 64 hexadecimal digits in lower case');
  return { id: documentId, isHash: false, by: 'documentId' };
}

function refused(code: string, message: string, status: number, headers: Record<string, string> = {}): RefusedDocument {
  return { refusal: { message, extensions: { code } }, status, headers };
}

function badRequest(message: string): RefusedDocument {
  return refused('BAD_REQUEST', message, 400);
}

const missing = badRequest('The operation is missing: send its text as "query", or its hash as "documentId"');
const notTrusted = refused('DOCUMENT_NOT_TRUSTED', 'Only documents that this gateway has been told of are served', 403);
// Clients of this protocol look for these very words, and for an answer that is not an error of HTTP.
const asApolloDoes = { 'cache-control': 'private, no-cache, must-revalidate' };
/** What a client is told that names a query which is not known: it sends the text then. */
export const persistedQueryNotFound = refused('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound', 200, asApolloDoes);
const notSupported = refused('PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported', 200, asApolloDoes);
