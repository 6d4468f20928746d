import { settledOrAborted } from '#shared/waiting.ts';

/** One subscriber's view of an inbox: told that it may have changed, never how. */
export type InboxWatch = {
  /** Resolves once the inbox may have changed since this was last resolved, or the signal aborts; tells whether it was aborted. */
  changed(signal: AbortSignal): Promise<boolean>;
  close(): void;
};

export type InboxChanges = {
  watch(userId: string): InboxWatch;
  /** Somebody's inbox has changed. */
  notice(userId: string): void;
  /** Every inbox that is watched may have changed: notifications may have been lost. */
  noticeAll(): void;
};

/** Passes what PostgreSQL notifies on to the subscribers of this process. Watch first, then read: nothing is missed. */
export function createInboxChanges(): InboxChanges {
  const watchers = new Map<string, Set<() => void>>();

  function watch(userId: string): InboxWatch {
    let next = Promise.withResolvers<void>();
    const wake = () => next.resolve();
    const ofUser = watchers.get(userId) ?? new Set();
    watchers.set(userId, ofUser.add(wake));
    return {
      async changed(signal) {
        const aborted = await settledOrAborted(next.promise, signal);
        next = Promise.withResolvers<void>();
        return aborted;
      },
      close() {
        ofUser.delete(wake);
        if (ofUser.size === 0 && watchers.get(userId) === ofUser) watchers.delete(userId);
      },
    };
  }

  return {
    watch,
    notice: (userId) => watchers.get(userId)?.forEach((wake) => wake()),
    noticeAll: () => watchers.forEach((ofUser) => ofUser.forEach((wake) => wake())),
  };
}
