import { readFile } from 'node:fs/promises';
import type { SupergraphManager } from '@apollo/gateway';
import type { Logger } from '#shared/logger.ts';
import { repeat } from '#shared/repeat.ts';

/**
 * Gives ApolloGateway the supergraph schema of a file, and each new one that the file has later. What the file contains is
 * compared, not its time or its inode, so that it may be replaced by a renamed one or stand behind symbolic links, as
 * Kubernetes does it. A schema that cannot be read or is refused is logged once, and the one before it serves on; only at
 * the start it is an error. Loading ends when the gateway stops.
 * @param options.pollMs milliseconds between two looks at the file; 0 looks only once
 * @param options.check throws for a schema that must not be served; it is asked before the gateway sees a new one, because
 *   the gateway has already taken it when those that it tells of it fail
 */
export function createSupergraphSource(options: {
  file: string | URL;
  pollMs: number;
  check: (supergraphSdl: string) => void;
  logger: Logger;
}): SupergraphManager {
  const { file, pollMs, check, logger } = options;
  const read = () => readFile(file, 'utf8');

  return {
    async initialize({ update }) {
      let served = await read();
      check(served);
      let refused: string | undefined;
      let isReadable = true;

      function take(supergraphSdl: string): void {
        if (supergraphSdl === served || supergraphSdl === refused) return;
        try {
          check(supergraphSdl);
          update(supergraphSdl);
          served = supergraphSdl;
          logger.info({ file: String(file) }, 'a new supergraph is served');
        } catch (err) {
          refused = supergraphSdl;
          logger.error({ err, file: String(file) }, 'a new supergraph is refused; the one before it is served on');
        }
      }

      async function look(): Promise<void> {
        try {
          const supergraphSdl = await read();
          isReadable = true;
          take(supergraphSdl);
        } catch (err) {
          if (isReadable)
            logger.error({ err, file: String(file) }, 'the supergraph cannot be read; the one before is served on');
          isReadable = false;
        }
      }

      const looking = repeat({ name: 'look for a new supergraph', everyMs: pollMs, work: look, logger });
      if (pollMs > 0) looking.start();
      return { supergraphSdl: served, cleanup: looking.close };
    },
  };
}
