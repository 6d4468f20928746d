import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ending } from '../../../local/command.ts';

const described = new URL('peers/', import.meta.url);

/**
 * Installs the gateways that only this benchmark uses, as peers/package-lock.json has them, unless they are there.
 * @param folder where to; npm's words are left beside it
 * @throws Error in a sentence when they cannot be had
 */
export async function installPeers(folder: string): Promise<void> {
  const lock = readFileSync(new URL('package-lock.json', described), 'utf8');
  const stamp = join(folder, '.install-stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing the gateways that ours is compared with (half a gigabyte, once) …');
  mkdirSync(folder, { recursive: true });
  rmSync(stamp, { force: true });
  for (const name of ['package.json', 'package-lock.json', 'load.js'])
    copyFileSync(new URL(name, described), join(folder, name));
  // A shell finds npm.cmd on Windows.
  const npm = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  });
  let words = '';
  npm.stderr.on('data', (chunk: Buffer) => (words += chunk));
  const { code, error } = await ending(npm);
  if (error || code !== 0) throw new Error(`npm ci in ${folder} failed: ${error?.message ?? words.trim()}`);
  writeFileSync(stamp, lock);
}

/** Loads a package from where the peers are installed. @throws Error when it is not there */
export async function loadPeer<Package>(folder: string, name: string): Promise<Package> {
  const { load } = (await import(pathToFileURL(join(folder, 'load.js')).href)) as {
    load(name: string): Promise<Package>;
  };
  return await load(name);
}
