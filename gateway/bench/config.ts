import { z } from 'zod';
import { readEnvironment, urlOf, wholeNumber } from '#shared/environment.ts';

const settings = {
  PORT_BASE: wholeNumber({ min: 1024, max: 65_000 }).default(4000).describe('The port of the gateway that is measured'),
};

/** Where the running system is that benchmarks measure. */
export function readBenchConfig() {
  const { PORT_BASE } = readEnvironment('the benchmarks', settings, process.env);
  const address = (offset: number) => `http://127.0.0.1:${PORT_BASE + offset}/graphql`;
  return { gatewayUrl: address(0), marketDataUrl: address(2) };
}

/** What benchmarks that start the gateway themselves take from the environment. */
export function readProfilingConfig() {
  const profilingSettings = {
    PROFILE_FOLDER: z.string().optional().describe('Where each gateway that is measured leaves a CPU profile'),
  };
  return { profileFolder: readEnvironment('the benchmark', profilingSettings, process.env).PROFILE_FOLDER };
}

/** What the benchmark of queries tells the other gateways that it starts. */
export function readPeerConfig() {
  const url = urlOf(['http']);
  const peerSettings = {
    PEERS_FOLDER: z.string().describe('Where the packages of other gateways are installed'),
    PRODUCTS_URL: url.describe('Where the subgraph of products answers'),
    PRICES_URL: url.describe('Where the subgraph of prices answers'),
    STOCK_URL: url.describe('Where the subgraph of stock answers'),
  };
  const config = readEnvironment('a gateway of the benchmark', peerSettings, process.env);
  return {
    peersFolder: config.PEERS_FOLDER,
    subgraphs: { products: config.PRODUCTS_URL, prices: config.PRICES_URL, stock: config.STOCK_URL },
  };
}
