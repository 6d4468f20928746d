import type { AddressInfo } from 'node:net';
import { readPeerConfig } from '../config.ts';
import { sayReady } from '../processes/calls.ts';
import { loadPeer } from './peers.ts';
import { federation1, subgraphNames } from './schemas.ts';

/** As much of fastify as is used here: its package is not there when types are checked. */
type Fastify = () => {
  register(plugin: unknown, options: object): void;
  listen(options: { host: string; port: number }): Promise<string>;
  server: { address(): AddressInfo };
};

// mercurius' gateway with graphql-jit, as many connections to a subgraph as ours.

const { peersFolder, subgraphs } = readPeerConfig();
const fastify = await loadPeer<{ default: Fastify }>(peersFolder, 'fastify');
const mercurius = await loadPeer<{ default: unknown }>(peersFolder, '@mercuriusjs/gateway');
const app = fastify.default();
app.register(mercurius.default, {
  jit: 1,
  gateway: {
    services: subgraphNames.map((name) => ({
      name,
      url: subgraphs[name],
      schema: federation1[name],
      connections: 64,
      keepAliveMaxTimeout: 600_000,
    })),
  },
});
await app.listen({ host: '127.0.0.1', port: 0 });
sayReady(app.server.address().port);
