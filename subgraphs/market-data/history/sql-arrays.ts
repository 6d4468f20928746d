/**
 * The values of a column as the text of a PostgreSQL array, which is made and sent in a fraction of the time of its
 * elements one by one. Only for numbers, decimals and names of enums: nothing is quoted.
 */
export function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}

/** The SQL of a time, from that of epoch milliseconds. */
export function timeOf(milliseconds: string): string {
  return `to_timestamp(${milliseconds} / 1000.0)`;
}
