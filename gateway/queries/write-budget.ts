/** Says whether something of so many bytes may still be written; what may is counted. */
export type WriteBudget = (bytes: number) => boolean;

/**
 * Bounds what clients can make this process write to Redis, which also holds what must not be pushed out and evicts nothing:
 * so many bytes in the time that a written entry lives, so that at any time there are at most twice as many.
 * @param options.now milliseconds
 */
export function createWriteBudget(options: { limitBytes: number; windowMs: number; now?: () => number }): WriteBudget {
  const { limitBytes, windowMs, now = () => performance.now() } = options;
  let since = -Infinity;
  let written = 0;
  return (bytes) => {
    if (now() - since > windowMs) {
      since = now();
      written = 0;
    }
    if (written + bytes > limitBytes) return false;
    written += bytes;
    return true;
  };
}
