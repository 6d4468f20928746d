import { readFile } from 'node:fs/promises';
import type { Logger } from '#shared/logger.ts';
import { repeat } from '#shared/repeat.ts';

/** Where supergraph schemas come from. */
export type SupergraphSource = {
  /** Gives the first one. @throws Error where it cannot be read or is refused */
  start(): Promise<void>;
  /** Looks no more for new ones. */
  close(): Promise<void>;
};

/**
 * Gives the supergraph schema of a file, and each new one that the file has later. What the file contains is compared, not
 * its time or its inode, so that it may be replaced by a renamed one or stand behind symbolic links, as Kubernetes does it.
 * A schema that cannot be read or is refused is logged once, and the one before it serves on; only at the start it is an
 * error.
 * @param options.pollMs milliseconds between two looks at the file; 0 looks only once
 * @param options.take serves a schema; it throws for one that must not be served, and then goes on with the one before
 */
export function createSupergraphSource(options: {
  file: string | URL;
  pollMs: number;
  take: (supergraphSdl: string) => void;
  logger: Logger;
}): SupergraphSource {
  const { file, pollMs, take, logger } = options;
  let served: string | undefined;
  let refused: string | undefined;
  let isReadable = true;

  function takeNew(supergraphSdl: string): void {
    if (supergraphSdl === served || supergraphSdl === refused) return;
    try {
      take(supergraphSdl);
      served = supergraphSdl;
      logger.info({ file: String(file) }, 'a new supergraph is served');
    } catch (err) {
      refused = supergraphSdl;
      logger.error({ err, file: String(file) }, 'a new supergraph is refused; the one before it is served on');
    }
  }

  async function look(): Promise<void> {
    try {
      const supergraphSdl = await readFile(file, 'utf8');
      isReadable = true;
      takeNew(supergraphSdl);
    } catch (err) {
      if (isReadable)
        logger.error({ err, file: String(file) }, 'the supergraph cannot be read; the one before is served on');
      isReadable = false;
    }
  }

  const looking = repeat({ name: 'look for a new supergraph', everyMs: pollMs, work: look, logger });
  return {
    async start() {
      served = await readFile(file, 'utf8');
      take(served);
      if (pollMs > 0) looking.start();
    },
    close: looking.close,
  };
}
