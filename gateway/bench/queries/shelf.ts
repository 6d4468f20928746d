/**
 * What the subgraphs of this benchmark know: as many products as anyone asks for, two of one instrument after another.
 * Every value is as long as every other of its field, so that answers of one shape have the same length.
 */

/** The products of a page. @returns their numbers */
export function productsOn(page: number, first: number): number[] {
  return Array.from({ length: first }, (_product, index) => page * first + index);
}

export const instrumentOf = (product: number) => Math.floor(product / 2);

/** The fields of each type that have nothing below, of the thing with this number. */
export const leaves = {
  Product: {
    sku: (number: number) => `SKU-${digits(number)}`,
    name: (number: number) => `Gold bar ${digits(number)}`,
    weightGrams: (number: number) => `${100 + (number % 900)}.0000000`,
    fineness: (number: number) => 900 + (number % 100),
  },
  Instrument: {
    symbol: (number: number) => `XAU-${digits(number)}`,
    bid: (number: number) => `${1_000 + (number % 9_000)}.310`,
    ask: (number: number) => `${1_000 + (number % 9_000)}.920`,
  },
  Stock: {
    available: (number: number) => 100 + (number % 900),
    warehouse: (number: number) => `ZRH-${digits(number)}`,
  },
};

/** The number in a key such as `SKU-0000012`. */
export function numberIn(key: string): number {
  return Number(key.slice(key.lastIndexOf('-') + 1));
}

function digits(number: number): string {
  return String(number).padStart(7, '0');
}
