import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchProcess, Launcher } from '../processes/launcher.ts';
import { composeShelf, type SubgraphUrls } from './schemas.ts';

export const contestantNames = ['stock', 'ours', 'mercurius', 'hive'] as const;

export type ContestantName = (typeof contestantNames)[number];

export const titles: Record<ContestantName, string> = {
  stock: '@apollo/gateway + Apollo Server',
  ours: 'this gateway',
  mercurius: 'mercurius with jit',
  hive: 'Hive Gateway, Rust planner',
};

/** Those whose packages are no part of this project. */
export const peers: readonly ContestantName[] = ['mercurius', 'hive'];

const folder = 'gateway/bench/queries';
/** What is loaded into each process, so that it says what it has used. */
export const measured = ['--import', new URL('../processes/report-usage.ts', import.meta.url).href];

/** All requests come from one client, and all that they need is to be asked of the subgraphs. */
const alone = {
  RATE_ANONYMOUS_COST_PER_SECOND: '0',
  SUBGRAPH_SHARING: 'false',
};

/** Starts gateways over the same subgraphs, each alone on its core. @param options.workFolder for what they read */
export function createContestants(options: {
  launcher: Launcher;
  subgraphs: SubgraphUrls;
  workFolder: string;
  peersFolder: string;
  profileFolder: string | undefined;
}) {
  const { launcher, subgraphs, workFolder, peersFolder, profileFolder } = options;
  const supergraphFile = join(workFolder, 'supergraph.graphql');
  writeFileSync(supergraphFile, composeShelf(subgraphs));
  const environment = {
    PEERS_FOLDER: peersFolder,
    PRODUCTS_URL: subgraphs.products,
    PRICES_URL: subgraphs.prices,
    STOCK_URL: subgraphs.stock,
    APOLLO_TELEMETRY_DISABLED: '1',
  };

  function startOurs(profileName: string): Promise<BenchProcess> {
    const profiling =
      profileFolder === undefined
        ? []
        : ['--cpu-prof', '--cpu-prof-dir', profileFolder, '--cpu-prof-name', `${profileName}.cpuprofile`];
    return launcher.start('gateway/main.ts', 'under test', {
      nodeArguments: [...measured, ...profiling],
      environment: {
        ...alone,
        PORT: '0',
        HOST: '127.0.0.1',
        LOG_LEVEL: 'info',
        GATEWAY_SECRET: 'of no use to anybody but this benchmark',
        SUPERGRAPH_FILE: supergraphFile,
      },
    });
  }

  return {
    /** @param profileName what a CPU profile of it is called, where one is wanted */
    start: (name: ContestantName, profileName: string): Promise<BenchProcess> =>
      name === 'ours'
        ? startOurs(profileName)
        : launcher.start(`${folder}/${name}-process.ts`, 'under test', { nodeArguments: measured, environment }),
  };
}

export type Contestants = ReturnType<typeof createContestants>;
