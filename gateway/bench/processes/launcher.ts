import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { onOutputLine } from '../../../local/output-lines.ts';
import { ending, hasEnded } from '../../../local/command.ts';
import type { Cleanup } from '../../../local/script.ts';
import { createCaller } from './calls.ts';

export type BenchProcess = {
  port: number;
  ports: Record<string, number>;
  ask: ReturnType<typeof createCaller>;
  stop(): Promise<void>;
};

/** The server under test has a core for itself; everything else shares the others. */
export type Place = 'under test' | 'beside';

export type Launcher = ReturnType<typeof createLauncher>;

/** What pino writes for an error; what is less is not shown. */
const errorLevel = 50;

/** Starts processes of this benchmark and ends them, by their own ids, at the latest when it ends. */
export function createLauncher(options: {
  root: string;
  environment: NodeJS.ProcessEnv;
  onEnd: (cleanup: Cleanup) => void;
}) {
  const { root } = options;
  const cores = coresToPinTo();

  async function start(
    file: string,
    place: Place,
    { environment = {}, nodeArguments = [] }: { environment?: Record<string, string>; nodeArguments?: string[] } = {},
  ): Promise<BenchProcess> {
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', ...nodeArguments, join(root, file)];
    const [command, ...rest] = cores ? ['taskset', '-c', cores[place], ...node] : node;
    const child = spawn(command!, rest, {
      cwd: root,
      env: { ...options.environment, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // What a histogram is made of is sent as it is.
      serialization: 'advanced',
      // A terminal's Ctrl-C is for the benchmark, which then ends these in order.
      detached: true,
    });
    const ended = ending(child);
    const stop = async () => {
      if (hasEnded(child)) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    };
    options.onEnd(stop);
    const { promise: ready, resolve } = Promise.withResolvers<number | Record<string, number>>();
    onOutputLine(child, (line) => {
      const said = readLine(line);
      if (said?.msg === 'ready' && said.port !== undefined) resolve(said.port);
      else if (said?.level === undefined || said.level >= errorLevel) console.error(`${file}: ${line}`);
    });
    const port = await Promise.race([ready, ended.then(() => undefined)]);
    if (port === undefined) throw new Error(`${file} has ended before it was ready`);
    const ports = typeof port === 'number' ? { '': port } : port;
    return { port: Object.values(ports)[0]!, ports, ask: createCaller(child, file), stop };
  }
  return {
    start,
    placement: cores
      ? `the server under test on core ${cores['under test']}, everything else on ${cores.beside}`
      : 'on whatever cores the system chooses: no taskset here, or one core only',
  };
}

/** The first core that we may run on, and the others, as taskset writes them; `undefined` where it cannot be done. */
function coresToPinTo(): Record<Place, string> | undefined {
  const { status, stdout } = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' });
  const [first, ...others] = status === 0 ? (/: ([\d,-]+)\s*$/.exec(stdout)?.[1] ?? '').split(',').flatMap(range) : [];
  return others.length > 0 ? { 'under test': String(first), beside: others.join() } : undefined;
}

function range(text: string): number[] {
  const [from, to = from] = text.split('-').map(Number);
  return Array.from({ length: to! - from! + 1 }, (_core, index) => from! + index);
}

function readLine(line: string): { msg?: string; level?: number; port?: number | Record<string, number> } | undefined {
  try {
    return JSON.parse(line) as { msg?: string };
  } catch {
    return undefined;
  }
}
