import type { Logger } from '#shared/logger.ts';
import type { Subgraph } from '../supergraph/generation.ts';
import { createSubgraphDataSource, type SubgraphDataSource } from './subgraph-data-source.ts';

export type Subgraphs = {
  /** The connection to a subgraph; the same one for as long as its address stays. */
  of(definition: { name: string; url?: string }): Subgraph;
  close(): Promise<void>;
};

/** The subgraphs that this gateway asks. @param options.urls addresses that override the supergraph's, by name */
export function createSubgraphs(options: {
  urls: Record<string, string | undefined>;
  connections: number;
  timeoutMs: number;
  gatewaySecret: string | undefined;
  logger: Logger;
}): Subgraphs {
  const known = new Map<string, Subgraph & { dataSource: SubgraphDataSource }>();
  return {
    of(definition) {
      const { name } = definition;
      const url = options.urls[name] ?? definition.url;
      if (!url) throw new Error(`The supergraph has no address for the subgraph ${name}`);
      const key = `${name} ${url}`;
      const existing = known.get(key);
      if (existing) return existing;
      const subgraph = { name, url, dataSource: createSubgraphDataSource({ ...options, name, url }) };
      known.set(key, subgraph);
      return subgraph;
    },
    async close() {
      await Promise.all([...known.values()].map(({ dataSource }) => dataSource.close()));
    },
  };
}
