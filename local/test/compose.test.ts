import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readSettings } from '../config.ts';
import { readManifest } from '../../gateway/security/trusted-documents/manifest.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gold-compose-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs a script as npm does that was called in `folder`. */
function run(script: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const options = { cwd: root, env: { ...readSettings().environment, INIT_CWD: folder } };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

const write = (name: string, text: string) => writeFile(join(folder, name), text);

describe('npm run compose -- --check', () => {
  /** The supergraph as it might have been before: with something that is gone now. */
  async function publishBefore(): Promise<void> {
    const now = await readFile(join(root, 'gateway/supergraph.graphql'), 'utf8');
    const more = now.replace('type Query\n', 'type Retired { a: Int @join__field(graph: ORDER) }\n\ntype Query\n');
    await write(
      'before.graphql',
      more.replace(/^(type Query[^{]*{)/m, '$1\n  retired: Int @join__field(graph: ORDER)\n'),
    );
  }

  test('passes while no document in use breaks, and fails when one does', async () => {
    await publishBefore();
    const unused = await run('local/compose.ts', '--check', '--against', 'before.graphql');
    expect(unused.output).toContain("breaking, unused: Field 'retired' was removed from object type 'Query'");
    expect(unused.code).toBe(0);

    await write('shop.graphql', 'query Shop { retired }');
    const used = await run('local/compose.ts', '--check', '--against', 'before.graphql', '--documents', '*.graphql');
    expect(used.output).toMatch(/^breaking: Field 'retired'.*\n(?: {4}.*\n)* {4}used by Shop \(.*shop.graphql:1:1\)/m);
    expect(used.code).toBe(1);
  });

  test('says so where there is nothing of that name to compare with', async () => {
    const { code, output } = await run('local/compose.ts', '--check', '--against', 'no-such-branch');
    expect([code, output]).toEqual([1, expect.stringContaining('no-such-branch is no file, and no revision')]);
  });
});

describe('npm run trusted-documents', () => {
  test('writes a manifest, and keeps what was in it where that is asked for', async () => {
    await write('spot.graphql', 'query Spot { instrument(symbol: "XAU-USD") { ...price } }');
    await write('fragments.graphql', 'fragment price on Instrument { price { bid } }');
    const first = await run('local/trusted-documents.ts', '*.graphql', '--out', 'manifest.json');
    expect(first).toMatchObject({ code: 0, output: 'manifest.json is written: 1 documents\n' });

    await write('fragments.graphql', 'fragment price on Instrument { price { ask } }');
    await run('local/trusted-documents.ts', '*.graphql', '--out', 'manifest.json', '--keep');
    const documents = readManifest(await readFile(join(folder, 'manifest.json'), 'utf8'));
    expect(documents.map(({ name, body }) => [name, /bid|ask/.exec(body)![0]])).toEqual([
      ['Spot', 'ask'],
      ['Spot', 'bid'],
    ]);
  });

  test('writes nothing while there is a problem, and tells all of them', async () => {
    await write('a.graphql', 'query A { instruments { nope } }');
    await write('b.graphql', '{ instruments { symbol } }');
    const { code, output } = await run('local/trusted-documents.ts', '*.graphql', '--out', 'manifest.json');
    expect(code).toBe(1);
    expect(output).toContain('a.graphql:1:25: Cannot query field "nope"');
    expect(output).toContain('b.graphql:1:1: the query needs a name');
    const aliases = Array.from({ length: 101 }, (_, index) => `a${index}: symbol`).join(' ');
    await write('b.graphql', `query B { instruments { ${aliases} } }`);
    const large = await run('local/trusted-documents.ts', 'b.graphql', '--out', 'manifest.json');
    expect([large.code, large.output]).toEqual([1, expect.stringMatching(/b.graphql:1:1: .*100 at most/)]);
    await expect(readFile(join(folder, 'manifest.json'))).rejects.toThrow('ENOENT');
  });
});
