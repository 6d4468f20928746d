import { instrumentOf, leaves, productsOn } from './shelf.ts';

/** What is asked: which fields, over how many subgraphs, and what differs from request to request. */
export type ScenarioName = keyof typeof scenarios;

/** The requests of a scenario: the nth is the same for every gateway. */
export type Requests = {
  /** The JSON body of the nth request; as long as that of every other. */
  body(n: number): string;
  /** The JSON that answers it. */
  answer(n: number): string;
};

type Joined = { instrument?: boolean; stock?: boolean };
type Varied = 'nothing' | 'variables' | 'operation';

/** Numbers of requests have so many digits; after the last they begin anew. */
const cycle = 1_000_000;

/** Three products a request, or a hundred. A goal is times stock's requests a second. */
export const scenarios = {
  one: { ...scenario({}, 'nothing'), about: 'one subgraph', goal: 8 },
  two: { ...scenario({ instrument: true }, 'nothing'), about: 'join of two', goal: 7.5 },
  three: { ...scenario({ instrument: true, stock: true }, 'nothing'), about: 'join of three', goal: 4.5 },
  'one-variables': { ...scenario({}, 'variables'), about: 'one subgraph, other variables each time' },
  'two-variables': { ...scenario({ instrument: true }, 'variables'), about: 'join of two, other variables each time' },
  'three-variables': {
    ...scenario({ instrument: true, stock: true }, 'variables'),
    about: 'join of three, other variables each time',
  },
  'one-operations': { ...scenario({}, 'operation'), about: 'one subgraph, another operation each time' },
  'two-operations': {
    ...scenario({ instrument: true }, 'operation'),
    about: 'join of two, another operation each time',
  },
  'three-operations': {
    ...scenario({ instrument: true, stock: true }, 'operation'),
    about: 'join of three, another operation each time',
  },
  list: { ...scenario({ instrument: true }, 'nothing', 100), about: 'join of two, 100 products' },
} satisfies Record<string, Requests & { about: string; goal?: number }>;

function scenario(joined: Joined, varied: Varied, first = 3): Requests {
  /** What the name is called in the nth request. */
  const nameKey = (n: number) => (varied === 'operation' ? `name${digits(n)}` : 'name');
  const page = (n: number) => (varied === 'variables' ? 100_000 + (n % 500_000) : 1_000);
  return {
    body(n) {
      const name = varied === 'operation' ? `${nameKey(n)}: name` : 'name';
      const instrument = joined.instrument ? ' instrument { symbol bid ask }' : '';
      const stock = joined.stock ? ' stock { available warehouse }' : '';
      const query = `query Shelf($page: Int!, $first: Int!) { products(page: $page, first: $first) { sku ${name} weightGrams fineness${instrument}${stock} } }`;
      return JSON.stringify({ operationName: 'Shelf', query, variables: { page: page(n), first } });
    },
    answer(n) {
      const products = productsOn(page(n), first).map((product) => ({
        sku: leaves.Product.sku(product),
        [nameKey(n)]: leaves.Product.name(product),
        weightGrams: leaves.Product.weightGrams(product),
        fineness: leaves.Product.fineness(product),
        ...(joined.instrument && { instrument: fieldsOf(leaves.Instrument, instrumentOf(product)) }),
        ...(joined.stock && { stock: fieldsOf(leaves.Stock, product) }),
      }));
      return JSON.stringify({ data: { products } });
    },
  };
}

function fieldsOf(fields: Record<string, (number: number) => string | number>, number: number): object {
  return Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, of(number)]));
}

function digits(n: number): string {
  return String(n % cycle).padStart(6, '0');
}
