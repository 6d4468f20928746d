import { abortable } from '#shared/async-iteration.ts';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import type { RequestContext } from '#shared/request-context.ts';
import { createSubgraphServer, readSubgraphSchema } from '#shared/subgraph-server.ts';
import { createBell } from '#shared/waiting.ts';
import { answerCalls, sayReady } from '../processes/calls.ts';
import { createFeed, type Pace } from './feed.ts';
import { productPrice, products, spotPrice, stock, symbol } from './gold-prices.ts';

// The subgraphs behind the gateway: the project's own schemas of those three that live prices and their products need,
// answering from memory, so that next to nothing but the gateway is measured.

const feed = createFeed();
const logger = createLogger({ service: 'bench', level: 'warn' });
const asked = { requests: 0, subscriptions: 0 };

async function* prices(after: string | undefined, signal: AbortSignal) {
  const bell = createBell();
  const silence = feed.onTick(bell.ring);
  asked.subscriptions += 1;
  try {
    let position = after === undefined ? feed.latest().sequence - 1 : Number(after);
    while (!signal.aborted) {
      for (const tick of feed.after(position)) {
        position = tick.sequence;
        yield { priceUpdated: spotPrice(tick), tick: { symbol, sequence: position } };
      }
      await bell.heard(signal);
    }
  } finally {
    asked.subscriptions -= 1;
    silence();
  }
}

const reference = { __resolveReference: (entity: object) => entity };
const resolvers = {
  'market-data': {
    Subscription: {
      priceUpdated: {
        subscribe: (_root: unknown, { after }: { after?: string }) => abortable((signal) => prices(after, signal)),
      },
    },
    Instrument: reference,
  },
  order: {
    Instrument: { ...reference, products: () => ({ nodes: products }) },
    Product: { ...reference, stock: () => stock },
  },
  pricing: {
    Product: {
      ...reference,
      price: (_product: unknown, _arguments: unknown, { tick }: RequestContext) =>
        productPrice(tick?.sequence ?? feed.latest().sequence),
    },
  },
};

const port: Record<string, number> = {};
for (const [name, ofSubgraph] of Object.entries(resolvers)) {
  const file = new URL(`../../../subgraphs/${name}/schema.graphql`, import.meta.url);
  const server = createSubgraphServer<RequestContext>({
    schema: readSubgraphSchema(file, ofSubgraph),
    config: { HOST: '127.0.0.1', PORT: 0, AUTH_ISSUER: 'bench' },
    logger,
    metrics: createMetrics(name),
    checks: {},
    createContext(base) {
      if (name !== 'market-data') asked.requests += 1;
      return base;
    },
  });
  port[name] = await server.listen();
}
answerCalls({
  tick: (pace: Pace) => feed.run(pace),
  /** Requests for entities since the start, and subscriptions that are open. */
  asked: () => asked,
});
sayReady(port);
