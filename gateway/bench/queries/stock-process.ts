import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { readPeerConfig } from '../config.ts';
import { sayReady } from '../processes/calls.ts';
import { composeShelf } from './schemas.ts';

// Apollo's own gateway and server, as their documentation starts them.

const gateway = new ApolloGateway({ supergraphSdl: composeShelf(readPeerConfig().subgraphs) });
const server = new ApolloServer({ gateway });
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
sayReady(Number(new URL(url).port));
