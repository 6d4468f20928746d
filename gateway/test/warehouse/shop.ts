import { requireUser } from '#shared/caller.ts';
import { DomainError } from '#shared/errors.ts';
import type { RequestContext } from '#shared/request-context.ts';
import { formatTickReference } from '#shared/ticks/tick-reference.ts';

/** Joins items to events: one field by `@requires`, one that is another for each caller. */
export const shopSdl = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@composeDirective"])
    @link(url: "https://specs.gold-supergraph.example/streams/v1.0", import: ["@personal"])
    @composeDirective(name: "@personal")
  directive @personal on FIELD_DEFINITION | OBJECT
  type Item @key(fields: "sku") {
    sku: ID!
    weight: Int! @external
    name: String
    shippingCost: Int @requires(fields: "weight")
    soldAt: String
    refused: String
    myNote: String @personal
  }
`;

/** What the gateway asks the shop for one item, at the tick of an event. */
export type Lookup = { sku: string; sequence: number | undefined; userId: string | undefined };

export type Shop = ReturnType<typeof createShop>;

export function createShop() {
  const lookups: Lookup[] = [];
  let beforeAnswer: ((lookup: Lookup) => Promise<void> | void) | undefined;
  const resolvers = {
    Item: {
      async __resolveReference(item: { sku: string }, { caller, tick }: RequestContext) {
        const userId = caller.kind === 'user' ? caller.userId : undefined;
        const lookup = { sku: item.sku, sequence: tick?.sequence, userId };
        lookups.push(lookup);
        await beforeAnswer?.(lookup);
        return item;
      },
      name: ({ sku }: { sku: string }) => `item ${sku}`,
      shippingCost: ({ weight }: { weight: number }) => weight * 10,
      soldAt: (_: unknown, _arguments: unknown, { tick }: RequestContext) => (tick ? formatTickReference(tick) : null),
      refused: () => {
        throw new DomainError('FORBIDDEN', 'Not for you');
      },
      myNote: ({ sku }: { sku: string }, _arguments: unknown, { caller }: RequestContext) =>
        `${requireUser(caller).userId} on ${sku}`,
    },
  };
  return {
    resolvers,
    /** Every item that it was asked for. */
    lookups,
    /** Holds up its answers, or fails those for which this throws; without an argument it answers at once again. */
    answerAfter(step?: (lookup: Lookup) => Promise<void> | void) {
      beforeAnswer = step;
    },
  };
}
