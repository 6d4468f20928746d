import { readFileSync } from 'node:fs';

/** One operation of those that clients send, by its file and name. @throws Error when it is not among them */
export function contractOperation(file: string, name: string): string {
  const document = readFileSync(`gateway/contract/served/${file}.graphql`, 'utf8');
  const isIt = new RegExp(`^(?:query|mutation|subscription) ${name}\\b`, 'm');
  const found = document.split(/\n(?=(?:query|mutation|subscription) )/).find((part) => isIt.test(part));
  if (!found) throw new Error(`the contract has no operation ${name}`);
  return found;
}
