import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSchema, getIntrospectionQuery } from 'graphql';
import { createLogger } from '#shared/logger.ts';
import { createMetrics } from '#shared/metrics.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { hashOf, writeManifest } from './manifest.ts';
import { createTrustedDocuments, type TrustedDocuments, type TrustMode } from './trusted-documents.ts';

const spot = 'query Spot { spot }';
const orders = 'query Orders { orders { id } }';
const unknown = 'query Stolen { customers { email } }';

let folder: string;
let file: string;
let log: { level: number; msg: string; problems?: object }[];
const open: TrustedDocuments[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gold-trusted-'));
  file = join(folder, 'manifest.json');
  log = [];
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await rm(folder, { recursive: true });
});

async function publish(...bodies: string[]): Promise<void> {
  const operations = bodies.map((body) => ({
    id: hashOf(body),
    name: /query (\w+)/.exec(body)![1]!,
    type: 'query' as const,
    body,
  }));
  await replace(writeManifest(operations));
}

async function replace(text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

async function trust(mode: TrustMode, options: { allowIntrospection?: boolean; without?: boolean } = {}) {
  const to = new Writable({ write: (line, _encoding, done) => (log.push(JSON.parse(String(line))), done()) });
  const metrics = createMetrics('test');
  const trusted = createTrustedDocuments({
    file: options.without ? undefined : file,
    mode,
    pollMs: 10,
    allowIntrospection: options.allowIntrospection ?? false,
    logger: createLogger({ service: 'test', level: 'info', to }),
    metrics,
  });
  open.push(trusted);
  await trusted.start();
  const metric = async (name: string) =>
    Number(new RegExp(`^${name}{[^}]*} (\\d+)`, 'm').exec(await metrics.metrics())?.[1]);
  return { ...trusted, metric };
}

const warnings = () => log.filter(({ level }) => level === 40).map(({ msg }) => msg);
const errors = () => log.filter(({ level }) => level === 50).map(({ msg }) => msg.split(';')[0]);

describe('a document that is trusted', () => {
  test('is known by its hash, by its text, and by its text in another layout', async () => {
    await publish(spot, orders);
    const { find, judge, all } = await trust('enforce');
    expect(find(hashOf(spot))!.body).toBe(spot);
    expect(judge(spot)).toEqual({ query: spot, isTrusted: true });
    expect(judge('# now\nquery Spot {\n  spot,\n}\n')).toEqual({ query: spot, isTrusted: true });
    expect(all().map(({ name }) => name)).toEqual(['Spot', 'Orders']);
  });

  test('is told of loudly when a new supergraph does not serve it any more', async () => {
    await publish(spot, orders);
    const { checkAgainst, metric } = await trust('log');
    await checkAgainst(buildSchema('type Query { spot: Int orders: [Order] } type Order { id: ID }'));
    expect(errors()).toEqual([]);
    await checkAgainst(buildSchema('type Query { spot: Int }'));
    expect(errors()).toEqual(['1 trusted documents are not valid against the schema that is served']);
    expect(log.at(-1)!.problems).toEqual({
      [`Orders (${hashOf(orders)})`]: 'Cannot query field "orders" on type "Query".',
    });
    expect(await metric('gold_gateway_trusted_documents_invalid')).toBe(1);
    // A new manifest is looked at in the same light.
    await publish(spot);
    await eventually(async () => expect(await metric('gold_gateway_trusted_documents_invalid')).toBe(0));
  });
});

describe('a document that is not trusted', () => {
  test('is served where nobody asked for trust, and without a manifest', async () => {
    await publish(spot);
    const { judge } = await trust('off');
    expect(judge(unknown)).toEqual({ query: unknown, isTrusted: false });
    expect((await trust('off', { without: true })).judge(unknown)).toEqual({ query: unknown, isTrusted: false });
    expect(warnings()).toEqual([]);
  });

  test('is served, counted each time and logged once where that is asked for', async () => {
    await publish(spot);
    const { judge, metric } = await trust('log');
    for (let time = 0; time < 3; time += 1) expect(judge(unknown)).toEqual({ query: unknown, isTrusted: false });
    judge(spot);
    expect(warnings()).toEqual(['a document is not trusted']);
    expect(log.find(({ level }) => level === 40)).toMatchObject({ sha256: hashOf(unknown), operationName: 'Stolen' });
    expect(await metric('gold_gateway_untrusted_operations_total')).toBe(3);
    expect(await metric('gold_gateway_trusted_operations_total')).toBe(1);
  });

  test('is refused where only trusted ones are served, whatever it is', async () => {
    await publish(spot);
    const { judge } = await trust('enforce');
    for (const query of [unknown, `${spot} ${unknown}`, 'query {', '"', getIntrospectionQuery()])
      expect(judge(query)).toBeUndefined();
  });

  test('may ask for the schema where that is allowed, and for nothing beside it', async () => {
    await publish(spot);
    const { judge } = await trust('enforce', { allowIntrospection: true });
    for (const query of [getIntrospectionQuery(), '{ __typename }'])
      expect(judge(query)).toEqual({ query, isTrusted: false });
    for (const query of ['{ __typename customers { email } }', '{ ...all } fragment all on Query { __typename }'])
      expect(judge(query)).toBeUndefined();
  });
});

describe('the manifest', () => {
  test('is taken anew while everything runs, as a whole', async () => {
    await publish(spot);
    const { judge, find } = await trust('enforce');
    expect(judge(orders)).toBeUndefined();
    await publish(orders);
    await eventually(() => expect(judge(orders)).toEqual({ query: orders, isTrusted: true }));
    expect([judge(spot), find(hashOf(spot))]).toEqual([undefined, undefined]);
  });

  test('that is bad is refused, and the one before serves on', async () => {
    await publish(spot);
    const { judge } = await trust('enforce');
    await replace(writeManifest([{ id: hashOf('x'), name: 'Spot', type: 'query', body: orders }]));
    await eventually(() => expect(errors()).toEqual(['a new manifest of trusted documents is refused']));
    expect([judge(spot)?.isTrusted, judge(orders)]).toEqual([true, undefined]);
  });

  test('that is bad or not there at the start keeps the gateway from starting', async () => {
    await expect(trust('log')).rejects.toThrow('ENOENT');
    await replace('{}');
    await expect(trust('log')).rejects.toThrow('The manifest of trusted documents is not usable');
  });
});
