import { readFileSync } from 'node:fs';
import { Supergraph } from '@apollo/federation-internals';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { getOperationAST, parse } from 'graphql';
import { createCacheRules, type CacheRules } from '../queries/caching/cache-rules.ts';
import { createStreamRules } from '../supergraph/stream-rules.ts';
import { readSupergraph } from '../supergraph/security-features.ts';
import { queriesOfEveryField } from './every-field.ts';
import { argumentsOfFields } from './field-arguments.ts';

const sdl = readFileSync(new URL('../supergraph.graphql', import.meta.url), 'utf8');
const schema = Supergraph.build(readSupergraph(sdl).servedSdl).apiSchema().toGraphQLJSSchema();
const streamRules = createStreamRules(sdl);
const rules = createCacheRules(sdl, streamRules.isPersonal);
/** What the lifetimes alone would allow, if nothing were personal. */
const lifetimes = createCacheRules(sdl, () => false);
const queries = queriesOfEveryField(schema, argumentsOfFields());

function maxAgeOf(text: string, by: CacheRules = rules): number {
  const document = parse(text);
  return by.maxAgeOf(document, getOperationAST(document)!);
}
function isPersonal(text: string): boolean {
  const document = parse(text);
  return streamRules.isPersonal(document, getOperationAST(document)!);
}

/** For how many seconds answers with a field may be kept at most, by the shortest way to it; what is not here, not at all. */
const kept: Record<string, number> = {
  ...secondsOf(300, 'Query', 'instruments instrument'),
  ...secondsOf(300, 'Instrument', 'symbol name metal currency candles priceAt'),
  ...secondsOf(300, 'CandleConnection', 'nodes pageInfo'),
  ...secondsOf(300, 'Candle', 'openTime closeTime basis open high low close tickCount isClosed'),
  ...secondsOf(300, 'HistoricalPrice', 'sequence bid ask mid time'),
  ...secondsOf(60, 'Query', 'products product'),
  ...secondsOf(60, 'Instrument', 'products'),
  ...secondsOf(60, 'ProductConnection', 'nodes pageInfo totalCount'),
  ...secondsOf(
    60,
    'Product',
    'sku name description kind metal mint fineness grossWeight fineWeight diameterMm instrument',
  ),
  ...secondsOf(60, 'Weight', 'value unit grams'),
};

test('a field is kept only where that was decided, and for so long', () => {
  const found = queries.map(({ field, text }) => [field, maxAgeOf(text)] as const).filter(([, seconds]) => seconds > 0);
  expect(Object.fromEntries(found)).toEqual(kept);
});

function secondsOf(seconds: number, type: string, fields: string): Record<string, number> {
  return Object.fromEntries(fields.split(' ').map((field) => [`${type}.${field}`, seconds]));
}

describe('what may depend on who asks', () => {
  test('is never kept, whatever else is asked for with it', () => {
    const personal = queries.filter(({ text }) => isPersonal(text));
    expect(personal.length).toBeGreaterThan(100);
    const [some, any] = [fc.constantFrom(...personal), fc.subarray(queries, { minLength: 0, maxLength: 3 })];
    fc.assert(
      fc.property(some, any, fc.boolean(), (one, others, isFirst) => {
        const parts = isFirst ? [one, ...others] : [...others, one];
        const selections = parts.map(({ text }, index) => text.slice(1, -1).replace(/^\s*(\w+)/, `a${index}: $1`));
        expect(maxAgeOf(`{ ${selections.join(' ')} }`)).toBe(0);
      }),
    );
  });

  test('is not given a lifetime by the schema either', () => {
    const given = queries.filter(({ text }) => isPersonal(text) && maxAgeOf(text, lifetimes) > 0);
    expect(given.map(({ field }) => field)).toEqual([]);
  });
});
