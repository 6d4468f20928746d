import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { graphql } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { graphiqlCsp } from '../graphiql-page.ts';
import { landingPageCsp, renderLandingPage } from '../landing-page.ts';
import { loadPages } from '../static-files.ts';
import { createGoldGraph } from './gold-graph.ts';

/** `connectionParams` collects what WebSocket clients sent when they connected. */
export interface PagesServer {
  url: string;
  connectionParams: unknown[];
  publish(sequence: number): void;
  close(): Promise<void>;
}

/** The pages with their policies, as the gateway serves them, before a small graph; on a free port of 127.0.0.1. */
export async function servePages(bundleFolder: string): Promise<PagesServer> {
  const pages = await loadPages(bundleFolder);
  const { schema, rootValue, publish } = createGoldGraph();
  const connectionParams: unknown[] = [];

  const http = createServer(async (request, response) => {
    const file = pages(request.url ?? '');
    if (request.method === 'POST') {
      const { query, variables } = JSON.parse(await text(request));
      const result = await graphql({ schema, rootValue, source: query, variableValues: variables });
      response.setHeader('content-type', 'application/graphql-response+json').end(JSON.stringify(result));
    } else if (file) {
      response.setHeader('content-security-policy', graphiqlCsp).setHeader('content-type', file.contentType);
      response.setHeader('cache-control', file.cacheControl).setHeader('etag', file.etag).end(file.body);
    } else if (request.url === '/graphql') {
      response.setHeader('content-security-policy', landingPageCsp).setHeader('content-type', 'text/html');
      response.end(renderLandingPage(landingPage));
    } else {
      response.writeHead(404).end();
    }
  });
  const graph = useServer(
    { schema, onConnect: (context) => void connectionParams.push(context.connectionParams) },
    new WebSocketServer({ server: http, path: '/graphql' }),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');

  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    connectionParams,
    publish,
    close: async () => {
      await graph.dispose();
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };
}

const landingPage = {
  title: 'gold-supergraph',
  graphqlPath: '/graphql',
  subscriptionPath: '/graphql',
  graphiqlPath: '/graphiql',
};
