import { readFileSync } from 'node:fs';
import { parse, print } from 'graphql';
import { symbol } from './gold-prices.ts';

/** What a client subscribes to. */
export type ClientOperation = { query: string; variables: Record<string, unknown> };

/** An operation of those that the project promises its clients, by name. */
export function promisedOperation(name: 'LivePrice' | 'LivePriceWithProducts'): ClientOperation {
  const file = new URL('../../contract/served/market-data.graphql', import.meta.url);
  const { definitions } = parse(readFileSync(file, 'utf8'));
  const definition = definitions.find((each) => 'name' in each && each.name?.value === name)!;
  return { query: print(definition), variables: { symbol } };
}

/** Fields of the price itself; an operation has those whose bit is set in its number. */
const priceFields = ['bid', 'ask', 'isStale', 'time'];
/** What an operation is joined with, in turn; all but the first need other subgraphs. */
const joinedParts = [
  '',
  'products(first: 5) { nodes { sku name } }',
  'products(first: 5) { nodes { sku stock { available } } }',
  'products(first: 5) { nodes { sku price(side: BUY, quantity: 1) { total { amount currency } } } }',
  'products(first: 5) { nodes { sku name price(side: BUY, quantity: 1) { total { amount } } stock { available } } }',
];

/** Operations over one feed, no two of them the same: other aliases, other fields, other parts joined. */
export function differentOperations(count: number): ClientOperation[] {
  return Array.from({ length: count }, (_each, number) => {
    const fields = priceFields.filter((_field, bit) => (number >> bit) & 1);
    const part = joinedParts[number % joinedParts.length]!;
    // Both first, and under their own names: by them clients tell the tick.
    const query = `subscription Live${number} {
      priceUpdated(symbol: "${symbol}") {
        sequence mid ${fields.join(' ')} named${number}: currency instrument { symbol ${part} }
      }
    }`;
    return { query, variables: {} };
  });
}
