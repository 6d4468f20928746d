import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from './deployment-files.ts';

// Static imports and exports, in either kind of quotes and over several lines, and imports of a fixed name while running.
const imports =
  /^\s*(?:import|export)\b(?!\s+type\b)(?:[^'"`;]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

/** What is loaded: files by their paths from the top, and packages, each with the first file that imports it. */
export type Loaded = { files: string[]; packages: Map<string, string> };

/**
 * What is loaded when the given files run. Imports of types are left out, as Node does.
 *
 * @throws Error when a file imports one that is not there
 */
export function findLoaded(entries: readonly string[]): Loaded {
  const seen = new Set<string>();
  const packages = new Map<string, string>();
  const visit = (file: string, from: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!existsSync(file)) throw new Error(`${from} imports ${relative(root, file)}, which is not there`);
    if (!file.endsWith('.ts')) return;
    for (const [, once, later] of readFileSync(file, 'utf8').matchAll(imports)) {
      const specifier = once ?? later ?? '';
      const path = resolveLocal(specifier, file);
      if (path !== undefined) visit(path, relative(root, file));
      else if (!specifier.startsWith('node:')) {
        const name = packageOf(specifier);
        if (!packages.has(name)) packages.set(name, relative(root, file));
      }
    }
  };
  for (const entry of entries) visit(join(root, entry), 'the list of entries');
  return { files: [...seen].map((file) => relative(root, file)), packages };
}

function resolveLocal(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('.')) return resolve(dirname(from), specifier);
  if (specifier.startsWith('#shared/')) return join(root, 'subgraphs/shared', specifier.slice('#shared/'.length));
  if (specifier.startsWith('#prisma/')) return join(root, 'prisma', specifier.slice('#prisma/'.length));
  return undefined;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
