import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { withoutPassword } from './without-password.ts';
import type { Command } from './command.ts';

/** Which Redis is used, and the command of those that are ours to start. */
export type RedisChoice = {
  kind: 'external' | 'redis-server' | 'js-redis-server';
  url: string;
  command: Command | undefined;
  /** Part of the command line of the running process. */
  mark: string;
};

/** The line that the real and the JavaScript Redis write once they take connections. */
export const redisReady = /Ready to accept connections/;

/**
 * Takes the Redis that REDIS_URL names, else a `redis-server` on the PATH, else the JavaScript one. Ours keep nothing
 * on disk: Redis is disposable in this system, and starting empty every time keeps it so.
 */
export function chooseRedis(options: {
  redisUrl: string | undefined;
  port: number;
  directory: string;
  environment: NodeJS.ProcessEnv;
}): RedisChoice {
  const { redisUrl, port, directory, environment } = options;
  if (redisUrl !== undefined) return { kind: 'external', url: redisUrl, command: undefined, mark: '' };
  const url = `redis://127.0.0.1:${port}`;
  mkdirSync(directory, { recursive: true });
  const file = findOnPath('redis-server', environment);
  if (file === undefined) {
    const script = join(import.meta.dirname, 'js-redis.ts');
    const args = ['--disable-warning=ExperimentalWarning', script, String(port)];
    const command = { file: process.execPath, args, cwd: directory, environment, channel: true };
    return { kind: 'js-redis-server', url, command, mark: script };
  }
  // noeviction: BullMQ's queues must not lose keys to a full memory.
  const storage = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction', '--dir', directory];
  const args = ['--port', String(port), '--bind', '127.0.0.1', ...storage];
  // Started, it shows itself as "redis-server 127.0.0.1:<port>".
  return { kind: 'redis-server', url, command: { file, args, cwd: directory, environment }, mark: `:${port}` };
}

/** What to tell the user about it. */
export function describeRedis({ kind, url }: RedisChoice): string {
  if (kind === 'external') return `${withoutPassword(url)} (REDIS_URL)`;
  if (kind === 'redis-server') return `${url} (redis-server of this machine)`;
  return `${url} (in JavaScript, slow: install redis-server for the real one)`;
}

function findOnPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const candidates = (environment.PATH ?? '').split(delimiter).map((directory) => join(directory, name));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
