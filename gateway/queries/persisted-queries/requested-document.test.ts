import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { hashOf, writeManifest } from '../../security/trusted-documents/manifest.ts';
import { createTrustedDocuments, type TrustMode } from '../../security/trusted-documents/trusted-documents.ts';
import { createPersistedQueries } from './persisted-queries.ts';
import { createRequestedDocuments, type DocumentRequest, type RequestedDocument } from './requested-document.ts';

const spot = 'query Spot { spot }';
const other = 'query Other { other }';
const apollo = (text: string, version = 1) => ({ persistedQuery: { version, sha256Hash: hashOf(text) } });
const idOf = (text: string) => `sha256:${hashOf(text)}`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gold-documents-'));
  const operation = { name: 'Spot', type: 'query' as const, body: spot };
  const named = { id: 'spot-1', name: 'Old', type: 'query' as const, body: 'query Old { old }' };
  await writeFile(join(folder, 'manifest.json'), writeManifest([{ id: hashOf(spot), ...operation }, named]));
});
afterEach(() => rm(folder, { recursive: true }));

async function start(mode: TrustMode = 'off', options: { persisted?: boolean } = {}) {
  const shared = { logger: createLogger({ service: 'test', level: 'silent' }), metrics: createMetrics('test') };
  const file = join(folder, 'manifest.json');
  const trusted = createTrustedDocuments({ file, mode, pollMs: 0, allowIntrospection: false, ...shared });
  await trusted.start();
  const persisted =
    options.persisted === false
      ? undefined
      : createPersistedQueries({ redis: undefined, prefix: 'test', limitBytes: 1_000_000, ...shared });
  const documents = createRequestedDocuments({ trusted, persisted });
  return {
    read: async (request: DocumentRequest) => documents.read(request),
    /** What a client is told: the code and the status. */
    async refusal(request: DocumentRequest) {
      const found = await documents.read(request);
      return 'refusal' in found ? [found.refusal.extensions!.code, found.status] : found;
    },
  };
}

describe('a document is named by', () => {
  test('its text', async () => {
    const { read } = await start();
    expect(await read({ query: other })).toEqual({ query: other, isTrusted: false });
  });

  test('its hash or its id, when it is in the manifest', async () => {
    const { read } = await start();
    for (const request of [{ documentId: idOf(spot) }, { documentId: hashOf(spot) }, { extensions: apollo(spot) }])
      expect(await read(request)).toEqual({ query: spot, isTrusted: true });
    expect(await read({ documentId: 'spot-1' })).toEqual({ query: 'query Old { old }', isTrusted: true });
  });

  test('its hash, once its text has been sent with it and was found valid', async () => {
    const { read, refusal } = await start();
    for (const named of [{ extensions: apollo(other) }, { documentId: idOf(other) }]) {
      const sent = (await read({ query: other, ...named })) as RequestedDocument;
      expect(sent.query).toBe(other);
      expect(sent.keep).toBeDefined();
    }
    expect(await refusal({ extensions: apollo(other) })).toEqual(['PERSISTED_QUERY_NOT_FOUND', 200]);
    const sent = (await read({ query: other, extensions: apollo(other) })) as RequestedDocument;
    sent.keep!();
    expect(await read({ extensions: apollo(other) })).toEqual({ query: other, isTrusted: false });
    expect(await read({ query: '', extensions: apollo(other) })).toEqual({ query: other, isTrusted: false });
    expect(await read({ documentId: idOf(other) })).toEqual({ query: other, isTrusted: false });
  });
});

describe('a request is refused', () => {
  test.each<[string, DocumentRequest]>([
    ['without a document', {}],
    ['whose text is no text', { query: 42 }],
    ['whose hash is of another text', { query: other, extensions: apollo(spot) }],
    ['whose id is of another text', { query: other, documentId: 'spot-1' }],
    ['of another version of the protocol', { extensions: apollo(spot, 2) }],
    ['whose hash is no text', { extensions: { persistedQuery: { version: 1, sha256Hash: 1 } } }],
    ['whose id is no text', { documentId: 1 }],
    ['whose id is no hash although it says so', { documentId: 'sha256:abc' }],
    ['that names its document twice', { documentId: idOf(spot), extensions: apollo(spot) }],
  ])('%s, as a bad request', async (_what, request) => {
    for (const mode of ['off', 'enforce'] as const)
      expect(await (await start(mode)).refusal(request)).toEqual(['BAD_REQUEST', 400]);
  });

  test('that names a document which nobody knows', async () => {
    const { refusal } = await start();
    expect(await refusal({ extensions: apollo(other) })).toEqual(['PERSISTED_QUERY_NOT_FOUND', 200]);
    for (const documentId of [idOf(other), 'other-1'])
      expect(await refusal({ documentId })).toEqual(['DOCUMENT_NOT_FOUND', 400]);
  });

  test('that wants its query kept where none are', async () => {
    const { refusal, read } = await start('off', { persisted: false });
    expect(await refusal({ extensions: apollo(other) })).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED', 200]);
    expect(await read({ query: other, extensions: apollo(other) })).toEqual({ query: other, isTrusted: false });
  });
});

describe('where only trusted documents are served', () => {
  test('others are refused, by text and by name, and cannot be registered', async () => {
    const { read, refusal } = await start('enforce');
    expect(await read({ query: spot })).toEqual({ query: spot, isTrusted: true });
    expect(await refusal({ query: other })).toEqual(['DOCUMENT_NOT_TRUSTED', 403]);
    expect(await refusal({ query: other, extensions: apollo(other) })).toEqual(['DOCUMENT_NOT_TRUSTED', 403]);
    expect(await refusal({ documentId: idOf(other) })).toEqual(['DOCUMENT_NOT_TRUSTED', 403]);
  });

  test('a client that begins with a hash is told to send the text, which may be trusted in another layout', async () => {
    const { read, refusal } = await start('enforce');
    const wide = 'query Spot {\n  spot\n}';
    expect(await refusal({ extensions: apollo(wide) })).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED', 200]);
    expect(await read({ query: wide, extensions: apollo(wide) })).toEqual({ query: spot, isTrusted: true });
  });
});
