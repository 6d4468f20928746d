import type { JoinedStream, Subscriber } from '../stream-message.ts';
import { notResumable } from '../upstreams/upstream-stream.ts';

type Join = (subscriber: Subscriber, after?: string) => JoinedStream;

/**
 * Joins behind the event that a client has seen last, or, where it can no longer be resumed there, from the current state.
 * For a client that asks to be resumed without the application's doing: EventSource sends the same `Last-Event-ID` until
 * it gets another, and would be refused for ever. The application sees by the next sequence that some are missing.
 * @param lastEventId what the client says that it has seen; of any other form than a sequence it is ignored
 * @param prepareAgain the same operation once more, to be joined from the current state; `undefined` when it is refused by now
 */
export function resumeOrBegin(
  lastEventId: string | undefined,
  prepared: { isResumable: boolean; join: Join },
  prepareAgain: () => { join: Join } | undefined,
): (subscriber: Subscriber) => JoinedStream {
  if (!prepared.isResumable || lastEventId === undefined || !/^\d{1,19}$/.test(lastEventId))
    return (subscriber) => prepared.join(subscriber);
  return (subscriber) => {
    let second: JoinedStream | undefined;
    let isResumed = false;
    let hasLeft = false;
    const first = prepared.join(
      {
        ...subscriber,
        deliver(message) {
          isResumed = true;
          subscriber.deliver(message);
        },
        end(ending) {
          const isTooLate = ending.kind === 'error' && ending.errors.some(isNotResumable);
          const again = isTooLate && !isResumed && !hasLeft ? prepareAgain() : undefined;
          if (again) second = again.join(subscriber);
          else subscriber.end(ending);
        },
      },
      lastEventId,
    );
    return {
      isConflatable: first.isConflatable,
      isPersonal: first.isPersonal,
      leave(reason) {
        hasLeft = true;
        (second ?? first).leave(reason);
      },
    };
  };
}

function isNotResumable({ extensions }: { extensions?: Record<string, unknown> | undefined }): boolean {
  return notResumable.has(extensions?.code);
}
