import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { RequestContext } from '#shared/request-context.ts';
import { createSubgraphServer } from '#shared/subgraph-server.ts';
import type { GatewayContext } from '../../../gateway-context.ts';
import { bodyHeadOf, type SubgraphOperation } from '../../subgraph-fetch.ts';
import { createSubgraphRequests, type SubgraphRequestSettings } from '../subgraph-requests.ts';
import { startFaultProxy } from './fault-proxy.ts';

const sdl = `
  type Query { stock(of: ID): Int refused: Int }
  type Mutation { take: Int! }
`;

/** A real subgraph, the way of the gateway to it, and a proxy between the two on which things go wrong. */
export async function startStock(settings: Partial<SubgraphRequestSettings> = {}) {
  const asked: { userAgent: string | undefined; sequence: number | undefined }[] = [];
  let taken = 0;
  let beforeAnswer: (() => Promise<void>) | undefined;
  const resolvers = {
    Query: {
      stock: async (_: unknown, _arguments: unknown, { userAgent, tick }: RequestContext) => {
        asked.push({ userAgent, sequence: tick?.sequence });
        await beforeAnswer?.();
        return 7;
      },
      refused: () => {
        throw new Error('never told');
      },
    },
    Mutation: { take: () => (taken += 1) },
  };
  const logger = createLogger({ service: 'test', level: 'silent' });
  const server = createSubgraphServer<RequestContext>({
    schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]),
    config: { HOST: '127.0.0.1', PORT: 0, AUTH_ISSUER: 'test', GATEWAY_SECRET: 'open sesame' },
    logger,
    metrics: createMetrics('stock'),
    checks: {},
    verifier: { verify: async () => ({ kind: 'anonymous' }) },
    createContext: (base) => base,
  });
  const proxy = await startFaultProxy(`http://127.0.0.1:${await server.listen()}/graphql`);
  const metrics = createMetrics('gateway');
  const requests = createSubgraphRequests({
    urls: {},
    connections: 8,
    queue: 100,
    timeoutMs: 5_000,
    answerLimitBytes: 100_000,
    retries: 1,
    sharing: true,
    breakerFailures: 5,
    breakerMs: 100,
    gatewaySecret: 'open sesame',
    ...settings,
    metrics,
    logger,
  });
  const { fetch } = requests.of({ name: 'stock', url: proxy.url });
  return {
    proxy,
    requests,
    /** What the subgraph was asked for `stock`. */
    asked,
    /** How often something was taken. */
    taken: () => taken,
    /** Holds up the subgraph's answers. */
    answerAfter: (step: (() => Promise<void>) | undefined) => void (beforeAnswer = step),
    query: (text = '{ stock }', more: Partial<GatewayContext> = {}, isPersonal = false) =>
      fetch(
        { operation: operationOf('query', text, isPersonal), variables: '', representations: undefined },
        contextOf(more),
      ),
    mutate: (more: Partial<GatewayContext> = {}) =>
      fetch(
        { operation: operationOf('mutation', 'mutation { take }', true), variables: '', representations: undefined },
        contextOf(more),
      ),
    /** One of the metrics, of all labels or of those that have these as they are written. */
    async metric(name: string, labels = ''): Promise<number> {
      const lines = (await metrics.metrics()).split('\n').filter((line) => !line.startsWith('#'));
      const samples = lines.filter((line) => /^\w+/.exec(line)?.[0] === name && line.includes(labels));
      return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    async close() {
      await requests.close();
      await proxy.close();
      await server.close();
    },
  };
}

export type Stock = Awaited<ReturnType<typeof startStock>>;

function operationOf(kind: 'query' | 'mutation', text: string, isPersonal: boolean): SubgraphOperation {
  return { subgraph: 'stock', kind, text, operationName: undefined, isPersonal, bodyHead: bodyHeadOf(text, undefined) };
}

function contextOf(more: Partial<GatewayContext>): GatewayContext {
  return {
    caller: { kind: 'anonymous' },
    client: 'test',
    authorization: 'Bearer whatever',
    correlationId: 'test',
    userAgent: 'a browser',
    tick: undefined,
    ...more,
  };
}
