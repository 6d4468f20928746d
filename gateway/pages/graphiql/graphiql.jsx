// The browser side of /graphiql, bundled by bundle-graphiql.ts. The workers' file names carry a hash of their content,
// so the bundler puts them in as WORKER_FILES.
/* global WORKER_FILES */
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import 'graphiql/style.css';
import { createRoot } from 'react-dom/client';
import { firstOperations } from '../first-operations.ts';
import { createFetcher } from './fetch-operation.js';

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) =>
    new Worker(new URL(WORKER_FILES[label] ?? WORKER_FILES.editor, import.meta.url), { name: label }),
};

const fetcher = createFetcher(new URL('/graphql', window.location.href));

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[HISTORY_PLUGIN]}
    defaultTabs={firstOperations.map(({ document }) => ({ query: document }))}
    defaultEditorToolsVisibility={false}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>gold-supergraph</GraphiQL.Logo>
  </GraphiQL>,
);
