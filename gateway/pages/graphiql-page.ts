import { fileURLToPath } from 'node:url';

/** File names within the bundle's folder; the page refers to them under /graphiql/. */
export interface GraphiqlFiles {
  script: string;
  style: string;
}

/** Where the bundle is written and read: not committed, made by `npm run generate`. */
export const bundleFolder = fileURLToPath(new URL('./dist/', import.meta.url));

/**
 * The Content-Security-Policy header of /graphiql and of everything under it (a worker obeys the policy of its own
 * response). Nothing is loaded from another host. Inline styles are allowed because the Monaco editor writes its theme
 * into style elements; fonts and icons are data: URLs within the stylesheet.
 */
export const graphiqlCsp = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The HTML of /graphiql, which only loads the bundle. */
export function renderGraphiqlPage({ script, style }: GraphiqlFiles): string {
  return page(`<link rel="stylesheet" href="/graphiql/${style}">
    <style>html, body, #graphiql { height: 100%; margin: 0; }</style>
    <script type="module" src="/graphiql/${script}"></script>
  </head>
  <body>
    <div id="graphiql"></div>
    <noscript>GraphiQL needs JavaScript.</noscript>`);
}

/** What /graphiql says in a clone where the bundle was never made. */
export function renderMissingBundlePage(): string {
  return page(`<style>body { max-width: 40rem; margin: 4rem auto; padding: 0 1.5rem; font: 16px/1.55 system-ui, sans-serif; }</style>
  </head>
  <body>
    <h1>GraphiQL is not built yet</h1>
    <p>Run <code>npm run generate</code> in the repository, then start the gateway again.</p>`);
}

function page(content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>GraphiQL · gold-supergraph</title>
    <link rel="icon" href="data:,">
    ${content}
  </body>
</html>
`;
}
