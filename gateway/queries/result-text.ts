import type { OperationResult } from './execute-operation.ts';

/** The JSON of a result (GraphQL, 7.1), its parts in the order in which Apollo Server writes them. */
export function resultText({ data, errors, extensions }: Omit<OperationResult, 'status'>): string {
  const parts: string[] = [];
  if (errors.length > 0) parts.push(`"errors":${JSON.stringify(errors)}`);
  if (data !== undefined) parts.push(`"data":${data}`);
  if (extensions) parts.push(`"extensions":${JSON.stringify(extensions)}`);
  return `{${parts.join(',')}}\n`;
}
