import type { WiredProcess } from '#shared/run-process.ts';
import type { Config } from './config.ts';
import { wireServer } from './wire-server.ts';
import { wireWorker } from './wire-worker.ts';

/** The process that the configuration's role asks for; nothing runs before its `start()`. */
export function wire(config: Config): WiredProcess {
  return config.ROLE === 'server' ? wireServer(config) : wireWorker(config);
}
