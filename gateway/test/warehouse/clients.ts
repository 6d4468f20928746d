import type { GraphQLFormattedError } from 'graphql';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import type { KeyServer } from '#shared/testing/key-server.ts';

/** Clients of one test, each with a socket of its own. */
export type Clients = {
  anonymous(url?: string): GraphqlClient;
  /** Somebody who is signed in; the same person in the same session each time unless another is named. */
  of(userId: string, sessionId?: string): GraphqlClient;
  closeAll(): Promise<void>;
};

export function createClients(url: string, keys: KeyServer): Clients {
  const open: GraphqlClient[] = [];
  const connect = (authorization: string | undefined, to = url) => {
    const client = createGraphqlClient(to, {
      socket: { ...(authorization && { connectionParams: { authorization } }) },
    });
    open.push(client);
    return client;
  };
  return {
    anonymous: (to) => connect(undefined, to),
    of: (userId, sessionId = `session of ${userId}`) => connect(`Bearer ${keys.sign({ sub: userId, sid: sessionId })}`),
    async closeAll() {
      await Promise.all(open.splice(0).map((client) => client.close()));
    },
  };
}

/** The code with which an operation is refused. */
export async function codeOf(refused: Promise<unknown>): Promise<unknown> {
  const errors = await refused.then(
    () => {
      throw new Error('it was not refused');
    },
    (reason: GraphQLFormattedError[]) => reason,
  );
  return errors[0]?.extensions?.code;
}
