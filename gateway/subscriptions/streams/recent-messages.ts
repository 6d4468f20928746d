import type { StreamMessage } from '../stream-message.ts';

/** A message of a shared stream. */
export type Published = {
  message: StreamMessage;
  /** Counts the events of its upstream. */
  ordinal: number;
  /** Whether it tells the sequence of the one before it once more. */
  isRepeat: boolean;
  /** Whether the subgraph counts anew from here: its sequence is below that of the one before it. */
  isRestart: boolean;
};

/** The last messages of a stream, without a gap between them: who comes back soon is replayed from here. */
export type RecentMessages = {
  add(published: Published): void;
  /** There is a gap behind what was added until now. */
  clear(): void;
  /** @returns the messages behind a sequence; `undefined` when some of those may be missing */
  behind(sequence: number): StreamMessage[] | undefined;
  /** The last sequence that was added, or behind which it begins. */
  last(): number | undefined;
};

/**
 * @param options.beginsBehind the sequence of the last event before the first that will be added, where it is known: who
 *   has received that one has missed nothing, although nothing was added yet
 * @param options.limit how many messages are kept; older ones are left to the subgraph to replay
 */
export function createRecentMessages(
  options: { beginsBehind?: number | undefined; limit?: number } = {},
): RecentMessages {
  const { limit = 32 } = options;
  let { beginsBehind } = options;
  let recent: Published[] = [];
  const sequenceOf = (published: Published | undefined) => published?.message.sequence;
  return {
    add(published) {
      if (sequenceOf(published) === undefined) return;
      recent.push(published);
      if (recent.length <= limit) return;
      recent.shift();
      beginsBehind = undefined;
    },
    clear() {
      recent = [];
      beginsBehind = undefined;
    },
    behind(sequence) {
      const first = beginsBehind ?? sequenceOf(recent[0]);
      if (first === undefined || first > sequence) return undefined;
      // Since it counts anew, a sequence that has not come yet may be one of the count before.
      if (recent[0]?.isRestart && sequence > sequenceOf(recent.at(-1))!) return undefined;
      return recent.filter((published) => isBehind(published, sequence)).map(({ message }) => message);
    },
    last: () => sequenceOf(recent.at(-1)) ?? beginsBehind,
  };
}

/** Whether who has received a sequence has not received the message. */
export function isBehind({ message, isRepeat }: Published, sequence: number): boolean {
  const itsSequence = message.sequence ?? Infinity;
  return itsSequence > sequence || (isRepeat && itsSequence === sequence);
}
