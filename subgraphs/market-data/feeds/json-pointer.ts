import type { ExactJson } from './exact-json.ts';

/** What a JSON pointer (RFC 6901) such as `/data/0/bid` points to; `undefined` where there is nothing. `~1` is a slash, `~0` a tilde. */
export function valueAt(json: ExactJson, pointer: string): ExactJson | undefined {
  let value: ExactJson | undefined = json;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
    else if (typeof value === 'object' && value !== null && Object.hasOwn(value, name)) value = value[name];
    else return undefined;
  }
  return value;
}
