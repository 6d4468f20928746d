import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { firstOperations, goldNow } from './first-operations.ts';

/** Paths start with a slash and are resolved in the browser against the address that it opened; `title` is plain text. */
export interface LandingPageOptions {
  graphqlPath: string;
  subscriptionPath: string;
  graphiqlPath: string;
  title: string;
}

// The major version that @apollo/server 5 itself embeds: `_latest` could change the options under us.
const sandboxScript = 'https://embeddable-sandbox.cdn.apollographql.com/v2/embeddable-sandbox.umd.production.min.js';
const sandboxOrigin = 'https://sandbox.embed.apollographql.com';

// Both are inlined word for word, so that the policy below can name them by their hash and allow no other.
const script = readFileSync(new URL('./landing-page/show-sandbox.js', import.meta.url), 'utf8');
const style = readFileSync(new URL('./landing-page/landing-page.css', import.meta.url), 'utf8');

/**
 * The Content-Security-Policy header of the landing page. Requests of Sandbox are made by this page on its behalf
 * (its frame only posts messages), hence `connect-src 'self'`, which covers ws: and wss: of the same host too.
 */
export const landingPageCsp = [
  "default-src 'none'",
  `script-src ${hashSource(script)} ${new URL(sandboxScript).origin}`,
  `style-src ${hashSource(style)}`,
  'img-src data:',
  "connect-src 'self'",
  `frame-src ${sandboxOrigin}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The HTML that a browser gets at the GraphQL path: Apollo Sandbox over this endpoint and its WebSocket. Sandbox comes
 * from Apollo's CDN; until it has answered, and where it never does, the page shows the endpoints and links to GraphiQL.
 * Options of the embed: https://www.apollographql.com/docs/graphos/platform/sandbox#embedding-sandbox
 */
export function renderLandingPage({ graphqlPath, subscriptionPath, graphiqlPath, title }: LandingPageOptions): string {
  const settings = {
    graphqlPath,
    subscriptionPath,
    sandboxScript,
    sandboxOrigin,
    document: firstOperations.map((operation) => operation.document).join('\n'),
  };
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" href="${favicon}">
    <style>${style}</style>
  </head>
  <body>
    <main>
      <h1>${escapeHtml(title)}</h1>
      <p id="status" role="status">Opening Apollo Sandbox…</p>
      <noscript><p>Apollo Sandbox and GraphiQL need JavaScript; the endpoints below do not.</p></noscript>
      <p><a class="button" href="${escapeHtml(graphiqlPath)}">Open GraphiQL</a> <span>served by this gateway, works without internet</span></p>
      <dl>
        <dt>Queries and mutations (POST)</dt>
        <dd><code id="endpoint">${escapeHtml(graphqlPath)}</code></dd>
        <dt>Subscriptions (WebSocket, graphql-transport-ws)</dt>
        <dd><code id="subscription-endpoint">${escapeHtml(subscriptionPath)}</code></dd>
      </dl>
      <h2>A first query</h2>
      <pre><code>${escapeHtml(goldNow.document.trimEnd())}</code></pre>
    </main>
    <div id="sandbox"></div>
    <script type="application/json" id="settings">${escapeJson(settings)}</script>
    <script>${script}</script>
  </body>
</html>
`;
}

const favicon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#c8951b" d="M4 4h8l3 8H1z"/></svg>',
)}`;

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

// A data block ends at the first "</script", wherever it stands: no "<" may be left in it.
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
