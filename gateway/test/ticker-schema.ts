import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

/** What differs between the supergraphs that the gateways are given. */
export type TickerSchema = {
  /** Whether a tick tells its volume, which is a field of the subscription's own subgraph. */
  hasVolume?: boolean;
  /** Whether a tick always has a price, or may be without. */
  isPriceNullable?: boolean;
  /** Which subgraph knows the name of a metal; nobody: the field is gone. */
  nameIn?: 'names' | 'labels' | 'nobody';
};

const federation = 'https://specs.apollo.dev/federation/v2.9';

export const feedSdl = ({ hasVolume = false, isPriceNullable = false }: TickerSchema) => `
  extend schema
    @link(url: "${federation}", import: ["@key", "@composeDirective"])
    @link(url: "https://specs.gold-supergraph.example/streams/v1.0", import: ["@conflatable", "@personal"])
    @composeDirective(name: "@conflatable")
    @composeDirective(name: "@personal")
  directive @conflatable on FIELD_DEFINITION
  directive @personal on FIELD_DEFINITION | OBJECT
  type Query { latest: Int! held: Int! }
  type Subscription {
    ticked(symbol: ID = "GOLD", after: String): Tick! @conflatable
    traded(after: String): Trade!
    myFill(after: String): Fill! @personal
  }
  type Tick { sequence: Int! price: Int${isPriceNullable ? '' : '!'} ${hasVolume ? 'volume: Int' : ''} metal: Metal }
  type Trade { sequence: Int! metal: Metal }
  type Fill { sequence: Int! owner: String! }
  type Metal @key(fields: "symbol") { symbol: ID! }
`;

const metalSdl = (fields: string) => `
  extend schema @link(url: "${federation}", import: ["@key"])
  type Metal @key(fields: "symbol") { symbol: ID! ${fields} }
`;

export const namesSdl = ({ nameIn = 'names' }: TickerSchema) => metalSdl(nameIn === 'names' ? 'name: String' : '');
export const labelsSdl = ({ nameIn = 'names' }: TickerSchema) =>
  metalSdl(`label: String ${nameIn === 'labels' ? 'name: String' : ''}`);

/** @returns the supergraph schema */
export function composeTickers(urls: { feed: string; names: string; labels: string }, schema: TickerSchema): string {
  const { supergraphSdl, errors } = composeServices([
    { name: 'feed', url: urls.feed, typeDefs: parse(feedSdl(schema)) },
    { name: 'names', url: urls.names, typeDefs: parse(namesSdl(schema)) },
    { name: 'labels', url: urls.labels, typeDefs: parse(labelsSdl(schema)) },
  ]);
  if (!supergraphSdl) throw new Error(String(errors));
  return supergraphSdl;
}
