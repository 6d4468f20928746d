import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { bundleFolder, renderMissingBundlePage } from './graphiql-page.ts';

/** A file as it is sent: `contentType`, `cacheControl` and `etag` (quoted, strong) are whole header values. */
export interface PageFile {
  body: Buffer;
  contentType: string;
  cacheControl: string;
  etag: string;
}

/** Answers for a path without its query; undefined where the path is none of these pages. */
export type Pages = (path: string) => PageFile | undefined;

/**
 * Reads the GraphiQL bundle into memory once, so that no request touches the disk and none can reach another file.
 * Answers `/graphiql` and `/graphiql/<file>`. Where the bundle was never made, `/graphiql` says how to make it.
 */
export async function loadPages(folder: string = bundleFolder): Promise<Pages> {
  const files = new Map<string, PageFile>();
  for (const name of await fileNames(folder)) {
    if (name === 'index.html') continue;
    files.set(`/graphiql/${name}`, pageFile(await readFile(join(folder, name)), name, immutable));
  }
  const html = await readFile(join(folder, 'index.html')).catch(emptyIfMissing);
  const page = pageFile(html ?? Buffer.from(renderMissingBundlePage()), 'index.html', 'no-cache');
  files.set('/graphiql', page).set('/graphiql/', page);
  return (path) => files.get(path);
}

// Every file but the page carries the hash of its content in its name.
const immutable = 'public, max-age=31536000, immutable';

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
};

function pageFile(body: Buffer, name: string, cacheControl: string): PageFile {
  return {
    body,
    contentType: contentTypes[extname(name)] ?? 'application/octet-stream',
    cacheControl,
    etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
  };
}

async function fileNames(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(emptyIfMissing)) ?? [];
}

function emptyIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
