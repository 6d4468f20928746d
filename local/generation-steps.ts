import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { services } from './services.ts';
import type { LocalSettings } from './config.ts';

/** One thing that is generated. Paths are relative to the top of the repository. */
export type GenerationStep = {
  name: string;
  /** Without this file there is nothing to generate. */
  requires: string;
  /** Glob patterns of the files that the outcome depends on, besides the installed packages. */
  inputs: string[];
  /** Generates, and returns what must be there and unchanged for the step to be skipped next time. */
  run: () => Promise<string[]>;
};

/** The manifest of the contract's operations, from the top of the repository; the gateway's image has it there too. */
export const contractManifestFile = 'gateway/generated/trusted-documents.json';

/** Files that are generated and committed: what they would be now, by path. `npm run check` compares. */
export const committedFiles: Record<string, { requires: string; inputs: string[]; render: () => Promise<string> }> = {
  'gateway/supergraph.graphql': {
    requires: 'gateway/composition/compose-supergraph.ts',
    inputs: ['subgraphs/*/schema.graphql', 'gateway/composition/compose-supergraph.ts'],
    render: async () => (await load<ComposeModule>('gateway/composition/compose-supergraph.ts')).composeSupergraph(),
  },
  '.env.example': {
    requires: 'local/env-example.ts',
    inputs: ['{gateway,local,subgraphs/*}/config.ts', 'local/{env-example,services}.ts', 'subgraphs/shared/*.ts'],
    render: async () => (await load<EnvExampleModule>('local/env-example.ts')).renderEnvExample(),
  },
};

/**
 * The steps in two lanes, which may run side by side: Prisma's generator is a process of its own, the others run in
 * this one. Within a lane the order matters: typed documents and the manifest are made with the composed supergraph.
 */
export function generationLanes(settings: LocalSettings): GenerationStep[][] {
  const { root } = settings;
  const committed = Object.entries(committedFiles).map(([path, { requires, inputs, render }]) => ({
    name: path,
    requires,
    inputs,
    run: async () => {
      await writeWhenChanged(join(root, path), await render());
      return [path];
    },
  }));
  const codegen = {
    name: 'GraphQL types',
    requires: 'codegen.yml',
    inputs: ['codegen.yml', 'subgraphs/*/schema.graphql', 'gateway/**/*.graphql'],
    run: async () => await generateGraphqlTypes(root),
  };
  const manifest = {
    name: 'manifest of trusted documents',
    requires: 'gateway/security/trusted-documents/collect-documents.ts',
    inputs: [
      'gateway/contract/served/*.graphql',
      'gateway/supergraph.graphql',
      'gateway/security/trusted-documents/*.ts',
      'local/contract-manifest.ts',
    ],
    run: async () => {
      const { renderContractManifest } = await load<ManifestModule>('local/contract-manifest.ts');
      await writeWhenChanged(join(root, contractManifestFile), await renderContractManifest(root));
      return [contractManifestFile];
    },
  };
  const graphiql = {
    name: 'GraphiQL page',
    requires: 'gateway/pages/bundle-graphiql.ts',
    inputs: ['gateway/pages/**/*.{ts,tsx,css,html}'],
    run: async () => {
      await (await load<BundleModule>('gateway/pages/bundle-graphiql.ts')).bundleGraphiql();
      return ['gateway/pages/dist'];
    },
  };
  const clients = services.map(({ name }) => ({
    name: `Prisma client of ${name}`,
    requires: `prisma/${name}/schema.prisma`,
    inputs: [`prisma/${name}/schema.prisma`],
    run: async () => await generatePrismaClient(name, settings),
  }));
  return [clients, [...committed, codegen, manifest, graphiql]];
}

type ComposeModule = { composeSupergraph: () => Promise<string> };
type EnvExampleModule = { renderEnvExample: () => Promise<string> };
type ManifestModule = { renderContractManifest: (root: string) => Promise<string> };
type BundleModule = { bundleGraphiql: () => Promise<void> };

const run = promisify(execFile);

// By a variable path: these modules belong to other folders, and a checkout may lack them.
async function load<Module>(path: string): Promise<Module> {
  return (await import(join(import.meta.dirname, '..', path))) as Module;
}

async function generatePrismaClient(service: string, { root, environment }: LocalSettings): Promise<string[]> {
  const cli = join(root, 'node_modules/prisma/build/index.js');
  const env = {
    ...environment,
    // Prisma downloads this engine unless it is told of a file that exists. Generating never runs it.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  };
  const schema = `prisma/${service}/schema.prisma`;
  await run(process.execPath, [cli, 'generate', '--no-hints', '--schema', schema], { cwd: root, env });
  return [`prisma/${service}/generated/client.ts`];
}

async function generateGraphqlTypes(root: string): Promise<string[]> {
  const { generate, loadContext } = await import('@graphql-codegen/cli');
  const context = await loadContext(join(root, 'codegen.yml'));
  context.cwd = root;
  context.updateConfig({ silent: true });
  const files = (await generate(context, false)) as { filename: string; content: string }[];
  for (const { filename, content } of files) await writeWhenChanged(join(root, filename), content);
  return files.map(({ filename }) => filename);
}

// Untouched when the same: a changed time would restart what watches the file.
async function writeWhenChanged(path: string, content: string): Promise<void> {
  if (existsSync(path) && (await readFile(path, 'utf8')) === content) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
