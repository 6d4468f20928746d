import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

const root = new URL('../', import.meta.url);
const supergraphFile = new URL('gateway/supergraph.graphql', root);

/** Where each subgraph listens when nothing else is said; the gateway's environment overrides it (`MARKET_DATA_URL` …). */
const defaultPorts: Record<string, number> = {
  auth: 4001,
  'market-data': 4002,
  pricing: 4003,
  order: 4004,
  notification: 4005,
};

/**
 * Composes subgraphs/<name>/schema.graphql into one supergraph schema (Apollo Federation 2).
 * @throws Error with every composition error, one a line
 */
export async function composeSupergraph(): Promise<string> {
  const folder = new URL('subgraphs/', root);
  const names = (await readdir(folder))
    .filter((name) => existsSync(new URL(`${name}/schema.graphql`, folder)))
    .toSorted();
  const services = await Promise.all(
    names.map(async (name) => ({
      name,
      url: `http://127.0.0.1:${defaultPorts[name]}/graphql`,
      typeDefs: parse(await readFile(new URL(`${name}/schema.graphql`, folder), 'utf8')),
    })),
  );
  const { supergraphSdl, errors } = composeServices(services);
  if (supergraphSdl === undefined) {
    throw new Error(`The subgraphs do not compose:\n${(errors ?? []).map((error) => `  ${error.message}`).join('\n')}`);
  }
  return `${supergraphSdl}\n`;
}

if (import.meta.main) {
  try {
    await writeFile(supergraphFile, await composeSupergraph());
    console.log('gateway/supergraph.graphql is written');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
