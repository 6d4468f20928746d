import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { readSettings } from '../config.ts';
import { isFree } from '../ports.ts';

export type RunningClone = {
  /** The gateway's address, without a path. */
  url: string;
  /** What the ports of the other processes are counted from. */
  portBase: number;
  /** Everything that `npm start` has printed. */
  output(): string;
  /** Processes of the clone by what they run, as the system sees them. */
  processes(): Promise<{ pid: number; command: string }[]>;
  /** Stops it as Ctrl-C does, or by SIGTERM to npm. @throws Error when it leaves a process behind */
  stop(how: 'Ctrl-C' | 'SIGTERM'): Promise<void>;
  /** Ends whatever is left, unasked. */
  kill(): Promise<void>;
};

const readyWithinMs = 10 * 60_000;
const stoppedWithinMs = 30_000;

/** Clones the repository into an empty folder. */
export async function makeClone(folder: string): Promise<void> {
  await promisify(execFile)('git', ['clone', '--quiet', '.', folder]);
}

/** Runs `npm start` in a clone, as a newcomer would. Resolves when it is ready. */
export async function startClone(folder: string): Promise<RunningClone> {
  const portBase = await freePortBase();
  const child = spawn('npm', ['start'], {
    cwd: folder,
    env: { ...readSettings().environment, PORT_BASE: String(portBase) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const ready = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ready in')) ready.resolve();
    });
  }
  child.once('exit', (code) => ready.reject(new Error(`npm start ended with ${code}:\n${output}`)));
  const timer = setTimeout(() => ready.reject(new Error(`npm start was not ready in time:\n${output}`)), readyWithinMs);
  const processes = () => processesIn(folder);
  const kill = async () => {
    for (const { pid } of await processes()) process.kill(pid, 'SIGKILL');
  };
  try {
    await ready.promise;
  } catch (error) {
    await kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    url: `http://127.0.0.1:${portBase}`,
    portBase,
    output: () => output,
    processes,
    kill,
    async stop(how) {
      const ended = once(child, 'exit');
      // A terminal sends Ctrl-C to every process of the foreground group.
      if (how === 'Ctrl-C') process.kill(-child.pid!, 'SIGINT');
      else child.kill('SIGTERM');
      await ended;
      const deadline = Date.now() + stoppedWithinMs;
      for (let left = await processes(); left.length > 0; left = await processes()) {
        const commands = left.map(({ command }) => command).join('; ');
        if (Date.now() > deadline) throw new Error(`left behind: ${commands}\n${output.slice(-2_000)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

/** A base from which all ports that the system takes are free. */
async function freePortBase(): Promise<number> {
  for (let base = 20_000; base < 60_000; base += 100) {
    const free = await Promise.all(Array.from({ length: 25 }, (_, offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('This machine has no range of free ports left.');
}

/** Every process whose working directory or command line lies in a folder. */
async function processesIn(folder: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim();
      const directory = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      return { pid, command, isOurs: directory.startsWith(folder) || command.includes(folder) };
    }),
  );
  return found.filter(({ pid, command, isOurs }) => isOurs && command !== '' && pid !== process.pid);
}
