import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { bundleGraphiql } from '../bundle-graphiql.ts';
import { firstOperations } from '../first-operations.ts';
import { renderLandingPage } from '../landing-page.ts';
import { loadPages } from '../static-files.ts';

describe('the files of /graphiql', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graphiql-'));
    await bundleGraphiql(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('may be kept for ever by a browser, the page that names them may not', async () => {
    const pages = await loadPages(folder);
    const page = pages('/graphiql');
    expect(page).toMatchObject({ contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' });

    const named = [...String(page?.body).matchAll(/"(\/graphiql\/[^"]+)"/g)].map(([, path = '']) => pages(path));
    const cacheControl = expect.stringContaining('immutable');
    expect(named).toMatchObject([
      { contentType: 'text/css; charset=utf-8', cacheControl },
      { contentType: 'text/javascript; charset=utf-8', cacheControl },
    ]);
  });

  it('have another tag when their content is another', async () => {
    const pages = await loadPages(folder);
    const unbuilt = await loadPages(join(folder, 'never-built'));
    expect(pages('/graphiql')?.etag).toMatch(/^"[\w-]+"$/);
    expect(pages('/graphiql')?.etag).not.toBe(unbuilt('/graphiql')?.etag);
  });

  it('are those of the bundle and no others', async () => {
    const pages = await loadPages(folder);
    for (const path of ['/', '/graphiql/index.html', '/graphiql/none.js', '/graphiql/../../package.json']) {
      expect(pages(path)).toBeUndefined();
    }
  });

  it('say how to build the bundle where it was never built', async () => {
    const pages = await loadPages(join(folder, 'never-built'));
    expect(String(pages('/graphiql')?.body)).toContain('npm run generate');
  });
});

describe('the preset operations', () => {
  it.each(firstOperations)('$name carries its own name', ({ name, document }) => {
    expect(parse(document).definitions).toMatchObject([{ name: { value: name } }]);
  });
});

describe('the landing page', () => {
  it('shows its title and paths as text, whatever is in them', () => {
    const hostile = '</script><script>alert("x")</script>';
    const html = renderLandingPage({
      title: hostile,
      graphqlPath: hostile,
      subscriptionPath: hostile,
      graphiqlPath: hostile,
    });
    expect(html).not.toContain('<script>alert');
  });
});
