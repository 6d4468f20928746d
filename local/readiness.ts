import { setTimeout as wait } from 'node:timers/promises';
import { ending } from './command.ts';
import { onOutputLine } from './output-lines.ts';
import type { ChildProcess } from 'node:child_process';

/** How a process shows that it is ready: by a line that it writes, or by an address that answers with 200. */
export type Readiness = { line: RegExp } | { url: string };

/** Resolves with true once the process is ready, with false when it ends before; waits as long as it takes. */
export async function becomesReady(readiness: Readiness, child: ChildProcess): Promise<boolean> {
  const gone = new AbortController();
  void ending(child).then(() => gone.abort());
  if ('url' in readiness) return await answers(readiness.url, gone.signal);
  return await new Promise((settle) => {
    onOutputLine(child, (line) => {
      if (readiness.line.test(line)) settle(true);
    });
    gone.signal.addEventListener('abort', () => settle(false));
  });
}

async function answers(url: string, gone: AbortSignal): Promise<boolean> {
  while (!gone.aborted) {
    try {
      const response = await fetch(url, { signal: AbortSignal.any([gone, AbortSignal.timeout(2000)]) });
      await response.arrayBuffer();
      if (response.ok) return true;
    } catch {
      // Not listening yet, or busy starting.
    }
    await wait(100, undefined, { signal: gone }).catch(() => undefined);
  }
  return false;
}
