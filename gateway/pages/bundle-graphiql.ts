import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { bundleFolder, renderGraphiqlPage } from './graphiql-page.ts';

/**
 * Bundles GraphiQL, its editor workers, styles and fonts into `folder` (emptied first), named by their content, with
 * the page that loads them as index.html. Takes a few seconds and no network; throws esbuild's BuildFailure, in which
 * case an older bundle is left as it was.
 */
export async function bundleGraphiql(folder: string = bundleFolder): Promise<void> {
  const workers = await bundle({ entryPoints: workerSources(), format: 'iife' });
  const page = await bundle({
    entryPoints: { graphiql: fileURLToPath(new URL('./graphiql/graphiql.jsx', import.meta.url)) },
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    plugins: [withoutEditorStyles],
    define: { ...production, WORKER_FILES: JSON.stringify(workers.entries) },
  });
  const script = page.entries['graphiql'];
  const style = page.styles['graphiql'];
  if (!script || !style) throw new Error('esbuild wrote no script or no style for GraphiQL');

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = [...workers.files, ...page.files].map((file) => writeFile(join(folder, file.name), file.contents));
  await Promise.all([...files, writeFile(join(folder, 'index.html'), renderGraphiqlPage({ script, style }))]);
}

const production = { 'process.env.NODE_ENV': '"production"' };

// GraphiQL's own stylesheet already holds all of the editor's; the editor's modules would add a second copy, as a sheet
// for each chunk that nothing loads.
const withoutEditorStyles: Plugin = {
  name: 'without-editor-styles',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: '', loader: 'empty' }));
  },
};

// Keys are the labels by which the editor asks for a worker. The packages are found from GraphiQL's place, not from
// here: page and workers must be of the same version of the editor.
function workerSources(): Record<string, string> {
  const fromHere = createRequire(import.meta.url);
  const fromGraphiql = createRequire(createRequire(fromHere.resolve('graphiql')).resolve('@graphiql/react'));
  return {
    editor: fromGraphiql.resolve('monaco-editor/esm/vs/editor/editor.worker.js'),
    json: fromGraphiql.resolve('monaco-editor/esm/vs/language/json/json.worker.js'),
    graphql: fromGraphiql.resolve('monaco-graphql/esm/graphql.worker.js'),
  };
}

// Bundles in memory. `entries` and `styles` are file names by the key of their entry point.
async function bundle(options: BuildOptions & { entryPoints: Record<string, string> }) {
  const settings = {
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    outdir: bundleFolder,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    define: production,
    logLevel: 'error',
    ...options,
  } as const;
  const result = await build({ ...settings, write: false });
  const files = result.outputFiles.map((file) => ({ name: basename(file.path), contents: file.contents }));
  const entry = (key: string, extension: string): [string, string][] =>
    files.filter(({ name }) => name.startsWith(`${key}-`) && name.endsWith(extension)).map(({ name }) => [key, name]);
  const keys = Object.keys(options.entryPoints);
  return {
    files,
    entries: Object.fromEntries(keys.flatMap((key) => entry(key, '.js'))),
    styles: Object.fromEntries(keys.flatMap((key) => entry(key, '.css'))),
  };
}
