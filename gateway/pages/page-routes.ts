import type { IncomingMessage, ServerResponse } from 'node:http';
import { pageSecurityHeaders } from '../http/security-headers.ts';
import { graphiqlCsp } from './graphiql-page.ts';
import { landingPageCsp, renderLandingPage } from './landing-page.ts';
import { loadPages, type PageFile } from './static-files.ts';

export type PageRoutes = {
  /** Whether the request is a browser that opens an address, rather than a GraphQL client. */
  isPageRequest(request: IncomingMessage): boolean;
  /** Answers with Apollo Sandbox. */
  landingPage(response: ServerResponse): void;
  /** Answers GraphiQL and its files; tells whether the path was one of them. */
  graphiql(request: IncomingMessage, response: ServerResponse, path: string): boolean;
};

/** What a developer sees in a browser: Sandbox at the GraphQL path, GraphiQL beside it. */
export async function createPageRoutes(graphqlPath: string): Promise<PageRoutes> {
  const pages = await loadPages();
  const landing = renderLandingPage({
    graphqlPath,
    subscriptionPath: graphqlPath,
    graphiqlPath: '/graphiql',
    title: 'gold-supergraph',
  });
  return {
    isPageRequest: ({ method, headers, url = '' }) =>
      (method === 'GET' || method === 'HEAD') && !/[?&]query=/.test(url) && /\btext\/html\b/.test(headers.accept ?? ''),
    landingPage(response) {
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        ...pageSecurityHeaders(landingPageCsp),
      };
      response.writeHead(200, headers).end(landing);
    },
    graphiql(request, response, path) {
      const file = pages(path);
      if (!file) return false;
      if (request.headers['if-none-match'] === file.etag) response.writeHead(304, { etag: file.etag }).end();
      else response.writeHead(200, fileHeaders(file)).end(file.body);
      return true;
    },
  };
}

function fileHeaders({ contentType, cacheControl, etag, body }: PageFile): Record<string, string | number> {
  return {
    'content-type': contentType,
    'cache-control': cacheControl,
    etag,
    'content-length': body.length,
    ...pageSecurityHeaders(graphiqlCsp),
  };
}
