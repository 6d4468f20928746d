import { watch } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { listProcesses } from './services.ts';
import type { Service } from './services.ts';

/**
 * Calls `onChange` with the names of the processes that run changed source files: a service's own folder concerns its
 * processes, what they share and prisma's clients all of them. Changes within `quietMs` count as one, for editors
 * and generators write several files at a time. Returns what ends the watching.
 */
export function watchServices(options: {
  root: string;
  services: readonly Service[];
  onChange: (processNames: string[], files: string[]) => void;
  quietMs?: number;
}): () => void {
  const { root, services } = options;
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const report = () => {
    const files = [...changed];
    changed.clear();
    const concerned = services.filter((service) => files.some((file) => concerns(file, service)));
    if (concerned.length > 0)
      options.onChange(
        listProcesses(concerned).map(({ name }) => name),
        files,
      );
  };
  const watchers = ['gateway', 'subgraphs', 'prisma'].map((folder) =>
    watch(join(root, folder), { recursive: true }, (_event, name) => {
      if (name === null || !isSource(name)) return;
      changed.add(`${folder}/${name.replaceAll(sep, '/')}`);
      clearTimeout(timer);
      timer = setTimeout(report, options.quietMs ?? 150);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

function isSource(name: string): boolean {
  const path = name.replaceAll(sep, '/');
  // Generated files follow from the sources, which are what is watched.
  return (
    /\.(ts|graphql|prisma)$/.test(path) &&
    !/(^|\/)(generated|test|testing|bench|dist)\/|^supergraph\.graphql$/.test(path)
  );
}

function concerns(file: string, service: Service): boolean {
  if (file.startsWith('subgraphs/shared/')) return true;
  const isOwnSchema = file.startsWith(`prisma/${service.name}/`);
  // The supergraph is composed of every subgraph's schema.
  const isItsSupergraph = service.name === 'gateway' && file.endsWith('/schema.graphql');
  return file.startsWith(`${dirname(service.entry)}/`) || isOwnSchema || isItsSupergraph;
}
