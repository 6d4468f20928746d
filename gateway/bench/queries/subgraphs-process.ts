import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { LRUCache } from 'lru-cache';
import { answerCalls, sayReady } from '../processes/calls.ts';
import { prepareOperation } from './prepared-operation.ts';
import { subgraphNames } from './schemas.ts';

// The subgraphs that all gateways ask, as fast as they can be on node:http: they have no schema, and each text is read once.

const prepared = new LRUCache<string, ReturnType<typeof prepareOperation>>({ max: 2_000 });
let requests = 0;

function answer(body: string): string {
  const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> };
  let operation = prepared.get(query);
  if (!operation) prepared.set(query, (operation = prepareOperation(query)));
  return operation(variables ?? {});
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  requests += 1;
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    let text: string;
    try {
      text = answer(body);
    } catch (error) {
      text = JSON.stringify({ errors: [{ message: String(error), extensions: { asked: body } }] });
    }
    response.writeHead(200, ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(text))]);
    response.end(text);
  });
}

const ports: Record<string, number> = {};
for (const name of subgraphNames) {
  // A gateway that rests while others are measured keeps its connections.
  const server = createServer({ keepAliveTimeout: 600_000 }, serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports[name] = (server.address() as AddressInfo).port;
}
answerCalls({
  /** Requests since the start. */
  requests: () => requests,
});
sayReady(ports);
