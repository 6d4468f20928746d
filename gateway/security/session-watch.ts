import type { Caller } from '#shared/caller.ts';
import type { EndedSessions } from './ended-sessions.ts';

/** Why what a caller was allowed to follow must end. */
export type SessionEnd = 'token_expired' | 'session_ended';

export type SessionWatch = {
  /**
   * Tells once when the caller's access token expires or its session ends, whichever is first, and never before this
   * returns. Anonymous callers have neither. `onEnd` must not throw.
   * @returns ends the watch; may be called at any time, also again
   */
  watch(caller: Caller, onEnd: (reason: SessionEnd) => void): () => void;
  /** Ends every watch without a word. */
  close(): void;
};

/** One connection that is watched. */
type Watched = { sessionId: string; second: number; onEnd: (reason: SessionEnd) => void };

/** The clock may be set, and a timer holds no more than 24 days: it is looked at once in so many milliseconds at least. */
const longestWaitMs = 60_000;

/**
 * Watches over tokens and sessions of everybody who is connected. Tokens expire at whole seconds, so those of one second
 * wait together, and one timer serves them all.
 * @param options.now epoch milliseconds
 */
export function createSessionWatch(options: {
  endedSessions: Pick<EndedSessions, 'has' | 'onEnded'>;
  now?: () => number;
}): SessionWatch {
  const { endedSessions, now = Date.now } = options;
  const bySecond = new Map<number, Set<Watched>>();
  const bySession = new Map<string, Set<Watched>>();
  let timer: NodeJS.Timeout | undefined;
  let timerSecond = Infinity;

  const unlisten = endedSessions.onEnded((sessionId) => end(bySession.get(sessionId), 'session_ended'));

  function forget(watched: Watched): boolean {
    const isWatched = removeFrom(bySecond, watched.second, watched);
    removeFrom(bySession, watched.sessionId, watched);
    if (bySecond.size === 0) stopTimer();
    return isWatched;
  }

  function end(ended: Set<Watched> | undefined, reason: SessionEnd): void {
    for (const watched of ended ?? []) if (forget(watched)) watched.onEnd(reason);
  }

  function expire(): void {
    stopTimer();
    const dueAt = now() / 1_000;
    for (const [second, watched] of bySecond) if (second <= dueAt) end(watched, 'token_expired');
    if (bySecond.size > 0) wakeAt(Math.min(...bySecond.keys()));
  }

  function wakeAt(second: number): void {
    if (second >= timerSecond) return;
    clearTimeout(timer);
    timerSecond = second;
    const waitMs = Math.min(Math.max(second * 1_000 - now(), 0), longestWaitMs);
    timer = setTimeout(expire, waitMs).unref();
  }

  function stopTimer(): void {
    clearTimeout(timer);
    timerSecond = Infinity;
  }

  return {
    watch(caller, onEnd) {
      if (caller.kind === 'anonymous') return () => undefined;
      const { sessionId } = caller;
      const watched = { sessionId, second: Math.ceil(caller.expiresAt / 1_000), onEnd };
      addTo(bySecond, watched.second, watched);
      addTo(bySession, sessionId, watched);
      wakeAt(watched.second);
      // It may have ended since the token was verified.
      if (endedSessions.has(sessionId)) queueMicrotask(() => end(new Set([watched]), 'session_ended'));
      return () => void forget(watched);
    },
    close() {
      unlisten();
      stopTimer();
      bySecond.clear();
      bySession.clear();
    },
  };
}

function addTo<Key>(groups: Map<Key, Set<Watched>>, key: Key, watched: Watched): void {
  const group = groups.get(key);
  if (group) group.add(watched);
  else groups.set(key, new Set([watched]));
}

/** @returns whether it was there */
function removeFrom<Key>(groups: Map<Key, Set<Watched>>, key: Key, watched: Watched): boolean {
  const group = groups.get(key);
  if (!group?.delete(watched)) return false;
  if (group.size === 0) groups.delete(key);
  return true;
}
