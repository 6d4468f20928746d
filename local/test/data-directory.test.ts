import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { claimDataDirectory, findRunningPostgres, isAbandoned } from '../data-directory.ts';

describe('the data directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'data-directory-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function claimedBy(pid: number, mark: string, children: object[] = []) {
    writeFileSync(
      join(directory, 'running.json'),
      JSON.stringify({ owner: { pid, mark }, children, postgresPort: 4020 }),
    );
  }

  it('belongs to one running system at a time', async () => {
    claimedBy(process.ppid, '');
    await expect(claimDataDirectory(directory)).rejects.toThrow(`process ${process.ppid} runs from it`);
    expect(findRunningPostgres(directory)).toBe(4020);
  });

  it('is taken over from a killed one, after stopping what that left running', async () => {
    const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', 'left-behind'], { stdio: 'ignore' });
    const exited = once(left, 'exit');
    claimedBy(2 ** 22 + 1, 'gone', [{ name: 'redis', pid: left.pid, mark: 'left-behind', stopSignal: 'SIGTERM' }]);
    expect(isAbandoned(directory)).toBe(true);
    const claim = await claimDataDirectory(directory);
    expect(await exited).toEqual([null, 'SIGTERM']);
    expect(isAbandoned(directory)).toBe(false);
    claim.release();
  });

  it("is not taken for in use when the owner's process id now belongs to another program", async () => {
    claimedBy(process.ppid, 'a program of another name', [
      { name: 'redis', pid: process.ppid, mark: 'another too', stopSignal: 'SIGKILL' },
    ]);
    expect(findRunningPostgres(directory)).toBeUndefined();
    await claimDataDirectory(directory);
  });
});
