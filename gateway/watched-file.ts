import { readFile } from 'node:fs/promises';
import type { Logger } from '#shared/logger.ts';
import { repeat } from '#shared/repeat.ts';

/** A file whose content is served. */
export type WatchedFile = {
  /** Gives the first content. @throws Error where it cannot be read or is refused */
  start(): Promise<void>;
  /** Looks no more for new ones. */
  close(): Promise<void>;
};

/**
 * Gives the content of a file, and each new one that it has later. What the file contains is compared, not its time or its
 * inode, so that it may be replaced by a renamed one or stand behind symbolic links, as Kubernetes does it. What cannot be
 * read or is refused is logged once, and what was before serves on; only at the start it is an error.
 * @param options.what what the file is, for the log: `manifest of trusted documents`
 * @param options.pollMs milliseconds between two looks at the file; 0 looks only once
 * @param options.take serves a content; it throws for one that must not be served, and then goes on with the one before
 */
export function watchFile(options: {
  what: string;
  file: string | URL;
  pollMs: number;
  take: (content: string) => void;
  logger: Logger;
}): WatchedFile {
  const { what, file, pollMs, take, logger } = options;
  let served: string | undefined;
  let refused: string | undefined;
  let isReadable = true;

  function takeNew(content: string): void {
    if (content === served || content === refused) return;
    try {
      take(content);
      served = content;
      logger.info({ file: String(file) }, `a new ${what} is served`);
    } catch (err) {
      refused = content;
      logger.error({ err, file: String(file) }, `a new ${what} is refused; the one before it is served on`);
    }
  }

  async function look(): Promise<void> {
    try {
      const content = await readFile(file, 'utf8');
      isReadable = true;
      takeNew(content);
    } catch (err) {
      if (isReadable)
        logger.error({ err, file: String(file) }, `the ${what} cannot be read; the one before is served on`);
      isReadable = false;
    }
  }

  const looking = repeat({ name: `look for a new ${what}`, everyMs: pollMs, work: look, logger });
  return {
    async start() {
      served = await readFile(file, 'utf8');
      take(served);
      if (pollMs > 0) looking.start();
    },
    close: looking.close,
  };
}
