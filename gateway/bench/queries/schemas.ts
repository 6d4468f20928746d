import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

export const subgraphNames = ['products', 'prices', 'stock'] as const;

export type SubgraphName = (typeof subgraphNames)[number];

/** Where each subgraph answers. */
export type SubgraphUrls = Record<SubgraphName, string>;

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';

const instrument = 'type Instrument @key(fields: "symbol") { symbol: ID! bid: String ask: String }';
const stock = 'type Stock { available: Int! warehouse: String! }';
const productFields = 'sku: ID! name: String! weightGrams: String! fineness: Int! instrument: Instrument';
const productsField = 'products(page: Int!, first: Int!): [Product!]!';

const federation2: Record<SubgraphName, string> = {
  products: `${link}
    type Query { ${productsField} }
    type Product @key(fields: "sku") { ${productFields} }
    type Instrument @key(fields: "symbol", resolvable: false) { symbol: ID! }`,
  prices: `${link} ${instrument}`,
  stock: `${link} type Product @key(fields: "sku") { sku: ID! stock: Stock } ${stock}`,
};

/** The same subgraphs as a gateway sees them that knows Federation 1 only. */
export const federation1: Record<SubgraphName, string> = {
  products: `
    extend type Query { ${productsField} }
    type Product @key(fields: "sku") { ${productFields} }
    extend type Instrument @key(fields: "symbol") { symbol: ID! @external }`,
  prices: instrument,
  stock: `extend type Product @key(fields: "sku") { sku: ID! @external stock: Stock } ${stock}`,
};

/** The supergraph schema of the three. @throws Error with what does not compose */
export function composeShelf(urls: SubgraphUrls): string {
  const { supergraphSdl, errors } = composeServices(
    subgraphNames.map((name) => ({ name, url: urls[name], typeDefs: parse(federation2[name]) })),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}
