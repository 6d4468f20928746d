/** A connection that takes in nothing although something waits for it. */
export type BlockedConnection = {
  /** When it last took something, or stopped to, as `performance.now()` in milliseconds. */
  since: number;
  onOverdue(): void;
};

/** Finds connections that have been blocked for `limitMs`; one timer for all of them, and none while there are none. */
export function createOverdueConnections(limitMs: number) {
  // In the order of `since`: each is put at the end whenever it has taken something.
  const blocked = new Set<BlockedConnection>();
  let timer: NodeJS.Timeout | undefined;

  function check(): void {
    const oldest = performance.now() - limitMs;
    for (const connection of blocked) {
      if (connection.since > oldest) return;
      blocked.delete(connection);
      connection.onOverdue();
    }
  }

  return {
    /** From now on it is blocked, or has taken something and still is. */
    restart(connection: BlockedConnection) {
      connection.since = performance.now();
      blocked.delete(connection);
      blocked.add(connection);
      timer ??= setInterval(check, Math.max(10, Math.min(1_000, limitMs / 10))).unref();
    },
    remove(connection: BlockedConnection) {
      blocked.delete(connection);
      if (blocked.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}
