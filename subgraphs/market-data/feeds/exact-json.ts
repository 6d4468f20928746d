/** JSON whose numbers are kept as they were written, for example `"4389.049"`: a price never goes through a double. */
export type ExactJson = string | boolean | null | ExactJson[] | { [name: string]: ExactJson };

/**
 * Parses JSON with every number as its source text (the `context.source` of a reviver, ECMAScript 2026).
 * @throws SyntaxError for anything that is not JSON
 */
export function parseExactJson(text: string): ExactJson {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? context!.source! : value,
  ) as ExactJson;
}
