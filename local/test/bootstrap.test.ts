import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';

describe('the bootstrap', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  function start(source: string, ...args: string[]): ChildProcess {
    const file = join(directory, 'script.ts');
    writeFileSync(file, source);
    return spawn(process.execPath, [resolve('local/bootstrap.mjs'), file, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  async function outputOf(child: ChildProcess): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout!) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }

  it('runs TypeScript with the arguments and ends with its exit code', async () => {
    const child = start(
      'const answer: number = 7; console.log(process.argv.slice(2)); process.exitCode = answer;',
      'a',
      'b c',
    );
    const exited = once(child, 'exit');
    expect(await outputOf(child)).toBe("[ 'a', 'b c' ]\n");
    expect(await exited).toEqual([7, null]);
  });

  it('passes a signal on once, however often it comes', async () => {
    const source = `
      let count = 0;
      process.on('SIGINT', () => { if (++count === 1) console.log('asked'); });
      process.on('SIGTERM', () => { console.log(count); process.exit(0); });
      console.log('ready');
      setInterval(() => undefined, 1e6);`;
    const child = start(source);
    const output = outputOf(child);
    const exited = once(child, 'exit');
    await once(child.stdout!, 'data');
    child.kill('SIGINT');
    await once(child.stdout!, 'data');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await output).toBe('ready\nasked\n1\n');
  });
});
