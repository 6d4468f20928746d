import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { composeServices } from '@apollo/composition';
import { Supergraph } from '@apollo/federation-internals';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { createLogger } from '#shared/logger.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { watchFile, type WatchedFile } from './watched-file.ts';

/** A supergraph whose only field has this name. */
function supergraphWith(field: string): string {
  const typeDefs = parse(`type Query { ${field}: Int }`);
  const { supergraphSdl, errors } = composeServices([{ name: 'only', url: 'http://127.0.0.1:1/graphql', typeDefs }]);
  if (!supergraphSdl) throw new Error(String(errors));
  return supergraphSdl;
}

let folder: string;
let file: string;
let log: { level: number; msg: string; err?: { message: string } }[];
let sources: WatchedFile[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gold-supergraph-'));
  file = join(folder, 'supergraph.graphql');
  [log, sources] = [[], []];
});
afterEach(async () => {
  await Promise.all(sources.map((source) => source.close()));
  await rm(folder, { recursive: true });
});

/** Loads the file and looks at it every 10 ms; `served` are the fields of each schema that is served then. */
async function load(options: { check?: (sdl: string) => void; pollMs?: number } = {}) {
  const { check, pollMs = 10 } = options;
  const to = new Writable({ write: (line, _encoding, done) => (log.push(JSON.parse(String(line))), done()) });
  const logger = createLogger({ service: 'test', level: 'info', to });
  const served: string[] = [];
  function take(sdl: string): void {
    const fields = Supergraph.build(sdl).apiSchema().schemaDefinition.rootType('query')!.fields();
    check?.(sdl);
    served.push(fields.map(({ name }) => name).join());
  }
  const source = watchFile({ what: 'supergraph', file, pollMs, take, logger });
  sources.push(source);
  await source.start();
  return { source, served };
}

/** As deployments replace a file: nobody ever sees half of it. */
async function replace(text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

const errors = () => log.filter(({ level }) => level >= 50).map(({ msg }) => msg.split(';')[0]);
/** What every gateway that does not know it must refuse to serve. */
const unknownFeature = '@link(url: "https://specs.gold-supergraph.example/locks/v1.0", for: SECURITY)';
const refused = 'a new supergraph is refused';
const unreadable = 'the supergraph cannot be read';

describe('the supergraph of a file', () => {
  test('is served, and each new one that takes its place', async () => {
    await writeFile(file, supergraphWith('one'));
    const { served } = await load();
    expect(served).toEqual(['one']);
    await replace(supergraphWith('two'));
    await eventually(() => expect(served).toEqual(['one', 'two']));
    await replace(supergraphWith('one'));
    await eventually(() => expect(served).toEqual(['one', 'two', 'one']));
    expect(errors()).toEqual([]);
  });

  test('may be a ConfigMap, where symbolic links are turned to another folder', async () => {
    const release = async (name: string) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'supergraph.graphql'), supergraphWith(name));
      await symlink(name, join(folder, '..data.new'));
      await rename(join(folder, '..data.new'), join(folder, '..data'));
    };
    await release('one');
    await symlink(join('..data', 'supergraph.graphql'), file);
    const { served } = await load();
    await release('two');
    await eventually(() => expect(served).toEqual(['one', 'two']));
  });

  test('that is refused is told of once, and the one before it serves on until there is a good one', async () => {
    await writeFile(file, supergraphWith('one'));
    const { served } = await load();
    await replace('type Query { half');
    await eventually(() => expect(errors()).toEqual([refused]));
    await replace(supergraphWith('two').replace('schema\n', `schema\n${unknownFeature}\n`));
    await eventually(() => expect(errors()).toEqual([refused, refused]));
    expect(served).toEqual(['one']);
    await replace(supergraphWith('two'));
    await eventually(() => expect(served).toEqual(['one', 'two']));
    expect(errors()).toHaveLength(2);
  });

  test('that does not pass the check is never served', async () => {
    await writeFile(file, supergraphWith('one'));
    const checked: string[] = [];
    const { served } = await load({
      check(sdl) {
        checked.push(/(one|two|three): Int/.exec(sdl)![1]!);
        if (sdl.includes('two')) throw new Error('two is too many');
      },
    });
    await replace(supergraphWith('two'));
    await eventually(() => expect(log).toMatchObject([{ err: { message: 'two is too many' } }]));
    await replace(supergraphWith('three'));
    await eventually(() => expect(served).toEqual(['one', 'three']));
    expect(checked).toEqual(['one', 'two', 'three']);
  });

  test('that is gone is told of once, and may come back', async () => {
    await writeFile(file, supergraphWith('one'));
    const { served } = await load();
    await rm(file);
    await eventually(() => expect(errors()).toEqual([unreadable]));
    await replace(supergraphWith('two'));
    await eventually(() => expect(served).toEqual(['one', 'two']));
    expect(errors()).toEqual([unreadable]);
  });

  test('that is not there at the start, or not usable, keeps the gateway from starting', async () => {
    await expect(load()).rejects.toThrow('ENOENT');
    await writeFile(file, 'type Query { half');
    await expect(load()).rejects.toThrow();
    await writeFile(file, supergraphWith('one'));
    const check = () => {
      throw new Error('not this one');
    };
    await expect(load({ check })).rejects.toThrow('not this one');
  });

  test('is looked at no more once the gateway has stopped, and only once where that is asked for', async () => {
    await writeFile(file, supergraphWith('one'));
    const [stopped, once, watching] = [await load(), await load({ pollMs: 0 }), await load()];
    await stopped.source.close();
    await replace(supergraphWith('two'));
    await eventually(() => expect(watching.served).toEqual(['one', 'two']));
    await replace(supergraphWith('three'));
    await eventually(() => expect(watching.served).toEqual(['one', 'two', 'three']));
    expect([stopped.served, once.served, errors()]).toEqual([['one'], ['one'], []]);
  });
});
