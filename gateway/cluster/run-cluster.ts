import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { createLogger } from '#shared/logger.ts';
import { loadConfig, runProcess, type WiredProcess } from '#shared/run-process.ts';
import { stopOnSignals } from '#shared/shutdown.ts';
import { answerMetricsOfAll } from './cluster-metrics.ts';
import { keepWorkers } from './keep-workers.ts';
import { obeyPrimary } from './stop-message.ts';

export type ClusterConfig = {
  HOST: string;
  LOG_LEVEL: string;
  SHUTDOWN_TIMEOUT_MS: number;
  /** 0 for as many as there are processors. */
  GATEWAY_PROCESSES: number;
};

/** Milliseconds for the primary to see its workers go, after the time that they have themselves. */
const afterWorkersMs = 1_000;

/**
 * Runs a process, or as many of the same as GATEWAY_PROCESSES says, which share one port (node:cluster): the primary
 * accepts connections and deals them out in turn, except on Windows, where the system deals them out. The primary serves
 * nothing itself. It replaces a worker that has ended, passes the end on to all, and ends when the last has gone; when a
 * worker ends again and again before it serves, it gives up and exits with 1.
 */
export async function runCluster<Config extends ClusterConfig>(
  readConfig: () => Config,
  wire: (config: Config) => WiredProcess | Promise<WiredProcess>,
): Promise<void> {
  if (cluster.isWorker) {
    obeyPrimary();
    return runProcess(readConfig, wire);
  }
  const config = loadConfig(readConfig);
  const processes = config.GATEWAY_PROCESSES || availableParallelism();
  if (processes === 1) return runProcess(() => config, wire);

  const logger = createLogger({ service: 'gateway-primary', level: config.LOG_LEVEL });
  answerMetricsOfAll();
  const workers = keepWorkers({ processes, logger });
  stopOnSignals({ stop: workers.stop, timeoutMs: config.SHUTDOWN_TIMEOUT_MS + afterWorkersMs, logger });
  try {
    const port = await workers.start();
    logger.info({ host: config.HOST, port, processes }, 'ready');
    await workers.gaveUp;
  } catch (err) {
    logger.fatal({ err }, 'the gateway gives up');
    await workers.stop();
    process.exit(1);
  }
}
