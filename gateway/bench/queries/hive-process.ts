import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readPeerConfig } from '../config.ts';
import { sayReady } from '../processes/calls.ts';
import { loadPeer } from './peers.ts';
import { composeShelf } from './schemas.ts';

/** As much of Hive Gateway as is used here: its package is not there when types are checked. */
type HiveGateway = { createGatewayRuntime(options: object): RequestListener };

// Hive Gateway with the planner and executor of its Rust router, on node:http as its command line starts it. Identical
// requests in flight are not shared: ours does not either here.

const { peersFolder, subgraphs } = readPeerConfig();
const { createGatewayRuntime } = await loadPeer<HiveGateway>(peersFolder, '@graphql-hive/gateway');
const { unifiedGraphHandler } = await loadPeer<{ unifiedGraphHandler: unknown }>(
  peersFolder,
  '@graphql-hive/router-runtime',
);
const runtime = createGatewayRuntime({
  supergraph: composeShelf(subgraphs),
  unifiedGraphHandler,
  transportEntries: { '*': { options: { deduplicateInflightRequests: false } } },
  logging: false,
});
const server = createServer(runtime).listen(0, '127.0.0.1');
await once(server, 'listening');
sayReady((server.address() as AddressInfo).port);
