import { EnvironmentError } from './environment.ts';
import type { Logger } from './logger.ts';
import { stopOnSignals } from './shutdown.ts';

/** A process that is wired but not started. `start` gives the port that it listens on; `stop` ends everything that it has begun. */
export type WiredProcess = { start(): Promise<number>; stop(): Promise<void>; logger: Logger };

type ProcessConfig = { HOST: string; SHUTDOWN_TIMEOUT_MS: number };

/**
 * What every main.ts does: reads the settings, wires the process, starts it, and stops it in order when it is asked to.
 * A wrong environment prints all its problems to stderr and exits with 1.
 */
export async function runProcess<Config extends ProcessConfig>(
  readConfig: () => Config,
  wire: (config: Config) => WiredProcess | Promise<WiredProcess>,
): Promise<void> {
  const config = loadConfig(readConfig);
  const { start, stop, logger } = await wire(config);
  stopOnSignals({ stop, timeoutMs: config.SHUTDOWN_TIMEOUT_MS, logger });
  const port = await start();
  logger.info({ host: config.HOST, port }, 'ready');
}

/** Reads the settings. A wrong environment prints all its problems to stderr and exits with 1. */
export function loadConfig<Config>(readConfig: () => Config): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
