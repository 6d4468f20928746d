import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { composeServices } from '@apollo/composition';
import { GraphQLError, parse, Source, type DocumentNode } from 'graphql';
import { describeHint, describeProblem, type DescribedHint } from './composition-messages.ts';

/** The schema of a subgraph, and where requests find it unless the gateway's environment says otherwise. */
export type SubgraphSchema = {
  name: string;
  url: string;
  /** What `text` is called in messages. */
  path: string;
  text: string;
};

/** What comes of a composition. */
export type Composition = {
  supergraphSdl: string;
  /** What is suspicious although it composes, the most suspicious first. */
  hints: DescribedHint[];
};

/** Where each subgraph listens when nothing else is said; the gateway's environment overrides it (`MARKET_DATA_URL` …). */
const defaultPorts: Record<string, number> = {
  auth: 4001,
  'market-data': 4002,
  pricing: 4003,
  order: 4004,
  notification: 4005,
};

/** The project's own subgraphs: subgraphs/<name>/schema.graphql. */
export async function readSubgraphs(): Promise<SubgraphSchema[]> {
  const folder = new URL('../../subgraphs/', import.meta.url);
  const names = (await readdir(folder))
    .filter((name) => existsSync(new URL(`${name}/schema.graphql`, folder)))
    .toSorted();
  return await Promise.all(
    names.map(async (name) => ({
      name,
      url: `http://127.0.0.1:${defaultPorts[name]}/graphql`,
      path: `subgraphs/${name}/schema.graphql`,
      text: await readFile(new URL(`${name}/schema.graphql`, folder), 'utf8'),
    })),
  );
}

/**
 * Composes subgraphs into one supergraph schema (Apollo Federation 2).
 * @throws Error with every composition error, one a line, with its code and where it comes from
 */
export function composeSubgraphs(subgraphs: readonly SubgraphSchema[]): Composition {
  const services = subgraphs.map((subgraph) => ({ ...subgraph, typeDefs: read(subgraph) }));
  const { supergraphSdl, errors, hints = [] } = composeServices(services);
  if (supergraphSdl === undefined) throw composingError(errors ?? []);
  return {
    supergraphSdl: `${supergraphSdl}\n`,
    hints: hints
      .toSorted((one, other) => other.definition.level.value - one.definition.level.value)
      .map((hint) => describeHint(hint)),
  };
}

/** The supergraph schema of the project's own subgraphs. @throws Error as `composeSubgraphs` */
export async function composeSupergraph(): Promise<string> {
  return composeSubgraphs(await readSubgraphs()).supergraphSdl;
}

function read({ path, text }: SubgraphSchema): DocumentNode {
  try {
    return parse(new Source(text, path));
  } catch (error) {
    throw error instanceof GraphQLError ? composingError([error]) : error;
  }
}

function composingError(errors: readonly GraphQLError[]): Error {
  return new Error(['The subgraphs do not compose:', ...errors.map(describeProblem)].join('\n  '));
}
