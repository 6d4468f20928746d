import type { Logger } from './logger.ts';

/**
 * Stops the process in order on SIGTERM, SIGINT, or when the supervisor that started it is gone (its IPC channel closes).
 * Exits with 0 when `stop` is done, with 1 when it fails or takes longer than `timeoutMs`. An unhandled error ends the
 * process in the same way: a process in an unknown state is restarted, not kept.
 */
export function stopOnSignals(options: { stop: () => Promise<void>; timeoutMs: number; logger: Logger }): void {
  const { stop, timeoutMs, logger } = options;
  let isStopping = false;
  const shutDown = (reason: string, exitCode: number) => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ reason }, 'stopping');
    const begun = performance.now();
    const deadline = setTimeout(() => {
      logger.error({ timeoutMs }, 'did not stop in time');
      process.exit(1);
    }, timeoutMs);
    stop().then(
      () => {
        clearTimeout(deadline);
        logger.info({ tookMs: Math.round(performance.now() - begun) }, 'stopped');
        process.exit(exitCode);
      },
      (err: unknown) => {
        logger.error({ err }, 'failed while stopping');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', () => shutDown('SIGTERM', 0));
  process.once('SIGINT', () => shutDown('SIGINT', 0));
  process.once('disconnect', () => shutDown('the supervisor is gone', 0));
  const crash = (err: unknown) => {
    logger.fatal({ err }, 'unhandled error');
    shutDown('unhandled error', 1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
