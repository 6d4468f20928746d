import type { OperationResult } from './execute-operation.ts';

/** The JSON of a result (GraphQL, 7.1), its parts in the order in which Apollo Server writes them. */
export function resultText({ data, errors, extensions }: Omit<OperationResult, 'status'>): string {
  // Only ever added to: a piece of such a text would be a copy of all of it.
  let text = '';
  if (errors.length > 0) text = `{"errors":${JSON.stringify(errors)}`;
  if (data !== undefined) text += `${text === '' ? '{' : ','}"data":${data}`;
  if (extensions) text += `${text === '' ? '{' : ','}"extensions":${JSON.stringify(extensions)}`;
  return text === '' ? '{}\n' : `${text}}\n`;
}
