/** Something that has to be undone before the process ends. */
export type Cleanup = () => Promise<void>;

/**
 * Runs a script's work as the process: an error is one sentence on stderr and exit code 1. On SIGINT, SIGTERM or
 * SIGHUP, and when the bootstrap that started us is gone, what `work` has handed to `onEnd` is undone, last first, and
 * the process ends with the signal's customary code; the same happens after `work`. Repeated signals change nothing:
 * a terminal's Ctrl-C arrives here and, through npm and the bootstrap, again.
 */
export function runScript(work: (onEnd: (cleanup: Cleanup) => void) => Promise<number | void>): void {
  const cleanups: Cleanup[] = [];
  let isEnding = false;
  const end = async (code: number) => {
    if (isEnding) return;
    isEnding = true;
    for (const cleanup of cleanups.reverse()) await cleanup().catch(printError);
    process.exit(code);
  };
  process.on('SIGINT', () => void end(130));
  process.on('SIGTERM', () => void end(143));
  process.on('SIGHUP', () => void end(129));
  process.on('disconnect', () => void end(143));
  // The listener above would keep a finished script alive.
  process.channel?.unref();
  work((cleanup) => cleanups.push(cleanup)).then(
    (code) => end(code ?? 0),
    (error: unknown) => {
      if (!isEnding) printError(error);
      return end(1);
    },
  );
}

/** Prints an error as the sentence it carries; the stack too where it is not one of ours to explain. */
export function printError(error: unknown): void {
  const isBug = error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError;
  console.error(error instanceof Error && !isBug ? error.message : error);
}
