import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

export const recordingSdl = `
  type Query { heard: Int }
  type Mutation { hear: Int }
  type Subscription { heard: Int }
`;

/** A subgraph that keeps everything that it is sent beside the operations: headers, and parameters of connections. */
export async function startRecordingSubgraph() {
  const headers: IncomingHttpHeaders[] = [];
  const parameters: (Record<string, unknown> | undefined)[] = [];
  const resolvers = {
    Query: { heard: () => 1 },
    Mutation: { hear: () => 1 },
    Subscription: {
      heard: {
        async *subscribe() {
          yield { heard: 1 };
        },
      },
    },
  };
  const schema = buildSubgraphSchema([{ typeDefs: parse(recordingSdl), resolvers }]);
  const http = createServer(async (request, response) => {
    headers.push(request.headers);
    const { query, variables } = (await json(request)) as { query: string; variables?: Record<string, unknown> };
    const result = await graphql({ schema, source: query, variableValues: variables });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (_socket, request) => headers.push(request.headers));
  const graph = useServer(
    { schema, onConnect: ({ connectionParams }) => void parameters.push(connectionParams) },
    sockets,
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`,
    headers,
    parameters,
    async close() {
      await graph.dispose();
      http.closeAllConnections();
      http.close();
    },
  };
}
