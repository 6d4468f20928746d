import { buildSubgraphSchema } from '@apollo/subgraph';
import { getOperationAST, OperationTypeNode, parse, type GraphQLResolveInfo } from 'graphql';
import { anonymous } from '#shared/caller.ts';
import { DomainError } from '#shared/errors.ts';
import { keepFor } from '#shared/keep-for.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { RequestContext } from '#shared/request-context.ts';
import { createSubgraphServer } from '#shared/subgraph-server.ts';
import type { GatewayContext } from '../../../gateway-context.ts';
import { createSubgraphRequests } from '../../requests/subgraph-requests.ts';
import { bodyHeadOf, type SubgraphFetch, type SubgraphOperation } from '../../subgraph-fetch.ts';

const sdl = /* GraphQL */ `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  directive @cacheControl(maxAge: Int, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
  type Query {
    product(sku: ID!): Product
    past(closed: Boolean!): String @cacheControl(maxAge: 30)
    greeting: String
  }
  type Mutation {
    rename(sku: ID!): Product
  }
  type Product @key(fields: "sku") @cacheControl(maxAge: 60) {
    sku: ID!
    name: String
    broken: String
    stock: Stock
  }
  type Stock {
    available: Int
  }
`;

/** A supergraph of it, as far as lifetimes are concerned. */
export const catalogueRules = `${sdl.replace(/extend schema.*\n/, '')} directive @key(fields: String!) on OBJECT`;

/** Who asks, where nobody in particular does. */
export const nobody: GatewayContext = {
  caller: anonymous,
  authorization: undefined,
  correlationId: 'c',
  client: 'test',
  userAgent: undefined,
  tick: undefined,
};

/** A real subgraph with products, whose SKUs begin with P, and the gateway's way to it; what it was asked is written down. */
export async function startCatalogue() {
  let names = 0;
  const product = (sku: string) => (sku.startsWith('P') ? { sku, name: `${sku} ${(names += 1)}` } : null);
  const resolvers = {
    Query: {
      product: (_root: unknown, { sku }: { sku: string }) => product(sku),
      past(_root: unknown, { closed }: { closed: boolean }, _context: unknown, info: GraphQLResolveInfo) {
        keepFor(info, closed ? 20 : 0);
        return `past ${(names += 1)}`;
      },
      greeting: () => 'hello',
    },
    Mutation: { rename: (_root: unknown, { sku }: { sku: string }) => product(sku) },
    Product: {
      __resolveReference: ({ sku }: { sku: string }) => product(sku),
      broken({ sku }: { sku: string }) {
        if (sku === 'PX') throw new DomainError('NOT_FOUND', 'It is broken');
        return sku;
      },
      stock: () => ({ available: 1 }),
    },
  };
  const silent = createLogger({ service: 'test', level: 'silent' });
  const server = createSubgraphServer<RequestContext>({
    schema: buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]),
    config: { HOST: '127.0.0.1', PORT: 0, AUTH_ISSUER: 'nobody' },
    logger: silent,
    metrics: createMetrics('test'),
    checks: {},
    createContext: (base) => base,
  });
  const url = `http://127.0.0.1:${await server.listen()}/graphql`;
  const requests = createSubgraphRequests({
    urls: {},
    connections: 4,
    queue: 100,
    timeoutMs: 5_000,
    answerLimitBytes: 1_000_000,
    retries: 0,
    sharing: false,
    breakerFailures: 100,
    breakerMs: 1_000,
    gatewaySecret: undefined,
    metrics: createMetrics('test'),
    logger: silent,
  });
  const asked: SubgraphFetch[] = [];
  const { fetch } = requests.of({ name: 'catalogue', url });
  return {
    /** What the subgraph was asked, in order. */
    asked,
    fetch(request: SubgraphFetch, context: GatewayContext) {
      asked.push(request);
      return fetch(request, context);
    },
    async close() {
      await requests.close();
      await server.close();
    },
  };
}

export type Catalogue = Awaited<ReturnType<typeof startCatalogue>>;

/** An operation as a plan asks it. */
export function operationOf(text: string, isPersonal = false): SubgraphOperation {
  const operation = getOperationAST(parse(text));
  const operationName = operation?.name?.value;
  return {
    subgraph: 'catalogue',
    kind: operation?.operation === OperationTypeNode.MUTATION ? 'mutation' : 'query',
    text,
    operationName,
    isPersonal,
    bodyHead: bodyHeadOf(text, operationName),
  };
}

/** A request for some products by reference. */
export function productsOf(operation: SubgraphOperation, ...skus: string[]): SubgraphFetch {
  return {
    operation,
    variables: '',
    representations: skus.map((sku) => JSON.stringify({ __typename: 'Product', sku })),
  };
}
