import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { eventually } from '#shared/testing/eventually.ts';
import { createHistoryBed, type HistoryBed } from './history-bed.ts';

let folder: string;
let bed: HistoryBed;
const running = new Set<ChildProcess>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gold-history-'));
});
beforeEach(async () => {
  bed = await createHistoryBed();
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await bed.close();
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a script as `npm run` does, on the test's database. */
function start(script: 'import' | 'export', args: readonly string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `local/${script}.ts`, ...args], {
    env: { MARKET_DATA_DATABASE_URL: bed.database.url, DATA_DIRECTORY: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const ended = once(child, 'exit').finally(() => running.delete(child));
  const output = Promise.all([text(child.stdout), text(child.stderr), ended]).then(([stdout, stderr, [code]]) => ({
    stdout,
    stderr,
    code: code as number | null,
  }));
  return { child, output };
}
const run = (script: 'import' | 'export', ...args: string[]) => start(script, args).output;

const minute = 60_000;
const begin = Date.parse('2026-02-27T20:00:00Z');
const candleLines = (count: number) => [
  'time,open,high,low,close,ticks',
  ...Array.from({ length: count }, (_each, index) => {
    const price = 4000 + ((index * 7_919) % 503) / 4;
    return `${new Date(begin + index * minute).toISOString().slice(0, 16)}Z,${price},${price + 2},${price - 2.125},${price + 1},${index % 50}`;
  }),
];
const rowsDone = async () => Number((await bed.prisma.historyImport.findFirst())?.rowsDone ?? 0);

const gateKey = 4711;

/** Makes whoever writes the hours of the second chunk wait inside the transaction, as long as the returned client is open. */
async function holdSecondChunk() {
  const client = new pg.Client({ connectionString: bed.database.url });
  await client.connect();
  await client.query(`
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(${gateKey}); RETURN NEW; END $$;
    CREATE TRIGGER gate BEFORE INSERT ON candle FOR EACH ROW
      WHEN (NEW.interval = 'HOUR_1' AND NEW.open_time > '${new Date(begin + 5_500 * minute).toISOString()}')
      EXECUTE FUNCTION wait_at_gate();
    SELECT pg_advisory_lock(${gateKey})`);
  return {
    client,
    async close() {
      await client.query(`SELECT pg_advisory_unlock(${gateKey})`);
      await client.query('DROP TRIGGER gate ON candle');
      await client.end();
    },
  };
}

async function isSomeoneWaiting(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${gateKey} AND NOT granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rowCount! > 0;
}

describe('an import', () => {
  test('that is killed goes on where it was, and comes to the same as one that is not', async () => {
    const file = await bed.write('long.csv', [...candleLines(6_000), `${new Date(begin).toISOString()},1,1,1,1,1`]);
    const { client: gate, close } = await holdSecondChunk();
    const { child, output } = start('import', [file]);
    await eventually(async () => expect(await isSomeoneWaiting(gate)).toBe(true));
    child.kill('SIGKILL');
    expect((await output).code).toBeNull();
    await close();
    expect(await rowsDone()).toBe(5_000);
    expect(await bed.candles({ interval: 'MINUTE_1' })).toHaveLength(5_000);

    const { code, stdout } = await run('import', file);
    expect(code).toBe(0);
    expect(stdout).toContain('Went on behind row 5,000');
    expect(stdout).toMatch(/line 6002 is skipped: an earlier row of the same time says something else/);
    const [killed, undisturbed] = [
      await bed.candles(),
      await (async () => {
        await bed.importFile(file, { symbol: 'XAG-USD' });
        return bed.candles({ symbol: 'XAG-USD' });
      })(),
    ];
    expect(killed).toEqual(undisturbed);

    const again = await run('import', file);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('All 6,001 rows are there already') });
  });

  test('shows the first bad rows, counts the others, and writes all of them to a file that is asked for', async () => {
    const bad = Array.from({ length: 30 }, () => 'never,"1",1,1,1,1');
    const file = await bed.write('bad.csv', [...candleLines(3), ...bad]);
    const errors = join(folder, 'errors.csv');
    const { code, stdout } = await run('import', file, '--errors', errors, '--basis', 'ask');
    expect(code).toBe(0);
    expect(stdout.match(/is skipped: its time is not like/g)).toHaveLength(20);
    expect(stdout).toContain('line 5 is skipped');
    expect(stdout).toContain('30 skipped because its time is not like');
    expect(stdout).toMatch(/Read 33 rows .*: 3 candles written, 0 kept as they were made here, 30 rows skipped/);
    const written = (await readFile(errors, 'utf8')).trim().split('\n');
    expect(written).toHaveLength(31);
    expect(written[1]).toBe('5,UNREADABLE_TIME,"never,1,1,1,1,1"');
    expect(await bed.candles({ interval: 'MINUTE_1', basis: 'ASK' })).toHaveLength(3);
  });

  test('that cannot be begins with a sentence and ends with code 1', async () => {
    const file = await bed.write('rates.csv', ['date,usd_sell,usd_buy', '2026-01-01,1,2']);
    expect(await run('import', file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The file holds neither .*usd_sell, usd_buy/),
    });
    expect(await run('import', file, '--interval', 'WEEK_1')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/--interval is one of MINUTE_1/),
    });
    expect(await run('import', '--colour')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/colour.*npm run import/s),
    });
  });
});

describe('an export', () => {
  test('goes to stdout or, as a whole, to a file that can be imported', async () => {
    await bed.importFile(await bed.write('candles.csv', candleLines(200)), { basis: 'BID' });
    const options = [
      '--interval',
      'minute_1',
      '--basis',
      'BID',
      '--from',
      '2026-02-27T21:30Z',
      '--to',
      '2026-02-27T21:33Z',
    ];
    const file = join(folder, 'minutes.csv.gz');
    const [shown, written] = [await run('export', ...options), await run('export', ...options, '--out', file)];
    expect(
      shown.stdout
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 17)),
    ).toEqual(['time,open,high,lo', '2026-02-27T21:30Z', '2026-02-27T21:31Z', '2026-02-27T21:32Z']);
    expect(written).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('3 rows') });
    expect(gunzipSync(await readFile(file)).toString()).toBe(shown.stdout);
    expect((await bed.importFile(file, { symbol: 'XAU-EUR' })).summary).toMatchObject({ written: 3, skipped: 0 });
    expect((await readdir(folder)).filter((name) => name.includes('.part'))).toEqual([]);
  });

  test('of nothing that there is is refused', async () => {
    expect(await run('export', '--interval', 'DAY_1', '--symbol', 'XPT-USD')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no instrument XPT-USD/),
    });
    expect(await run('export')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^npm run/) });
    expect(await run('export', '--ticks', '--from', 'then')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/--from is a time such as/),
    });
  });
});
