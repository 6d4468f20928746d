import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Supergraph } from '@apollo/federation-internals';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getOperationAST, parse } from 'graphql';
import { RequestQuoteDocument } from '../generated/operations.ts';
import { createCacheRules } from '../queries/caching/cache-rules.ts';
import { createStreamRules } from '../supergraph/stream-rules.ts';
import { readSupergraph } from '../supergraph/security-features.ts';
import { registerCustomer, type SignedIn } from './callers.ts';
import { queriesOfEveryField, type FieldQuery } from './every-field.ts';
import { argumentsOfFields } from './field-arguments.ts';
import { startGoldSystem, type GoldSystem } from './gold-system.ts';
import { buyABar } from './purchase.ts';

const sdl = readFileSync(new URL('../supergraph.graphql', import.meta.url), 'utf8');
const schema = Supergraph.build(readSupergraph(sdl).servedSdl).apiSchema().toGraphQLJSSchema();
const streamRules = createStreamRules(sdl);
const cacheRules = createCacheRules(sdl, streamRules.isPersonal);

let system: GoldSystem;
let anna: SignedIn;
let boris: SignedIn;
/** What nobody but Anna may ever read. */
let annas: string[];
let queries: FieldQuery[];
beforeAll(async () => {
  system = await startGoldSystem();
  [anna, boris] = [await registerCustomer(system), await registerCustomer(system)];
  const { orderId, orderNumber, quoteToken } = await buyABar(anna, { pay: false });
  const input = { idempotencyKey: randomUUID(), sku: 'BAR-1OZ', side: 'BUY' as const, quantity: 1 };
  const { data } = await anna.request(RequestQuoteDocument, { input });
  const quote = data?.requestQuote;
  if (quote?.__typename !== 'Quote') throw new Error(JSON.stringify(data));
  annas = [anna.userId, anna.email, orderId, orderNumber, quoteToken, quote.id, quote.token];
  queries = queriesOfEveryField(schema, argumentsOfFields({ orderId, quoteId: quote.id }));
});
afterAll(async () => {
  await Promise.all([anna, boris].map((each) => each?.close()));
  await system?.close();
});

async function ask(method: 'GET' | 'POST', query: string, caller?: SignedIn) {
  const headers = {
    'content-type': 'application/json',
    'apollo-require-preflight': 'true',
    ...(caller && { authorization: `Bearer ${caller.accessToken}` }),
  };
  const url = method === 'GET' ? `${system.url}?${new URLSearchParams({ query }).toString()}` : system.url;
  const response = await fetch(url, { method, headers, ...(method === 'POST' && { body: JSON.stringify({ query }) }) });
  return { text: await response.text(), cacheControl: response.headers.get('cache-control') };
}

/** What was asked for names the order and the quote: an answer has them only where it says them by itself. */
const personalOf = (text: string) => annas.filter((secret) => text.includes(secret));

describe('with every cache on', () => {
  test('whatever one has asked for, field by field, another is never given anything personal of it', async () => {
    const leaks: string[] = [];
    let seenByAnna = 0;
    for (const { field, text } of queries) {
      for (const method of ['POST', 'GET'] as const) {
        for (let time = 0; time < 2; time += 1) seenByAnna += personalOf((await ask(method, text, anna)).text).length;
        const others = await Promise.all([ask(method, text, boris), ask(method, text)]);
        leaks.push(
          ...others.flatMap((answer) => personalOf(answer.text).map((secret) => `${method} ${field}: ${secret}`)),
        );
      }
    }
    expect(leaks).toEqual([]);
    // She herself is given it: the queries do lead there.
    expect(seenByAnna).toBeGreaterThan(20);
  }, 180_000);

  test('what may depend on who asks is kept by nobody, not even by a CDN', async () => {
    const told: string[] = [];
    for (const { field, text } of queries) {
      const document = parse(text);
      if (!streamRules.isPersonal(document, getOperationAST(document)!)) continue;
      for (const caller of [anna, undefined]) {
        const { cacheControl } = await ask('GET', text, caller);
        if (cacheControl !== 'no-store') told.push(`${field}: ${cacheControl}`);
      }
    }
    expect(told).toEqual([]);
  });

  test('everything else is the same for both and for nobody, and kept where the schema says so', async () => {
    const told: string[] = [];
    for (const { field, text } of queries) {
      const document = parse(text);
      const maxAge = cacheRules.maxAgeOf(document, getOperationAST(document)!);
      // The latest candles may grow, and so are not kept although others are.
      if (maxAge === 0 || text.includes('candles(')) continue;
      const answers = [await ask('GET', text, anna), await ask('GET', text, boris), await ask('GET', text)];
      if (new Set(answers.map((answer) => answer.text)).size > 1) told.push(`${field} differs`);
      // What it is made of may have been kept for some seconds already.
      const seconds = answers.map(({ cacheControl }) =>
        Number(/^public, max-age=(\d+)$/.exec(cacheControl ?? '')?.[1] ?? 0),
      );
      const isKept = seconds.every((each) => each > 0 && each <= maxAge);
      if (!isKept) told.push(`${field}: ${answers.map(({ cacheControl }) => cacheControl).join(' | ')}`);
    }
    expect(told).toEqual([]);
  });
});
