import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { graphql } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { pageSecurityHeaders } from '../../http/security-headers.ts';
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
      const { contentType, cacheControl, etag } = file;
      const headers = { 'content-type': contentType, 'cache-control': cacheControl, etag };
      response.writeHead(200, { ...headers, ...pageSecurityHeaders(graphiqlCsp) }).end(file.body);
    } else if (request.url === '/graphql') {
      response.writeHead(200, { 'content-type': 'text/html', ...pageSecurityHeaders(landingPageCsp) });
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
