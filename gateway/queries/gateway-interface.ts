import type { GatewayExecutor, GatewayInterface } from '@apollo/server-gateway-interface';
import type { Generation } from '../supergraph/generation.ts';

/** The gateway as Apollo Server wants it: it is told of each generation that is served, and executes what it is given. */
export type ServedGateway = GatewayInterface & {
  /** The generation that is served now; `undefined` before the first one. */
  current(): Generation | undefined;
  /** Serves a generation from now on. */
  serve(generation: Generation): void;
};

/**
 * Stands where an `ApolloGateway` would: that class keeps a schema, a planner and a cache of plans of its own, which are
 * not changed together, and executes by a way that costs more than everything else. Planning is @apollo/gateway's here, too.
 * @param options.execute executes an operation that Apollo Server has let pass
 */
export function createGatewayInterface(options: { execute: GatewayExecutor }): ServedGateway {
  type Listener = Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0];
  const listeners = new Set<Listener>();
  let current: Generation | undefined;
  const tell = (listener: Listener, { apiSchema, supergraphSdl }: Generation) =>
    listener({ apiSchema, coreSupergraphSdl: supergraphSdl });

  return {
    current: () => current,
    serve(generation) {
      for (const listener of listeners) tell(listener, generation);
      current = generation;
    },
    onSchemaLoadOrUpdate(listener) {
      listeners.add(listener);
      if (current) tell(listener, current);
      return () => void listeners.delete(listener);
    },
    load: async () => ({ executor: options.execute }),
    stop: async () => listeners.clear(),
  };
}
