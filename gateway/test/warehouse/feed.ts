import { abortable } from '#shared/async-iteration.ts';
import { DomainError } from '#shared/errors.ts';
import { createBell } from '#shared/waiting.ts';

/** What a subgraph tells, numbered without a gap and kept for ever; any number of subscriptions read it. */
export type Feed<Event> = {
  append(event: Event): void;
  /** Loses everything, as a store does that is started empty: the next event is the first again. */
  forget(): void;
  /**
   * The newest event at once, or everything behind `after`; then each new one.
   * @param wants leaves out events of the others
   * @throws DomainError SEQUENCE_AHEAD for an `after` that has not come yet, SEQUENCE_TOO_OLD for "666"
   */
  read(after: string | null | undefined, wants?: (event: Event) => boolean): AsyncIterableIterator<Numbered<Event>>;
  /** Subscriptions that read now. */
  listeners(): number;
  /** Where every subscription that was ever opened has begun. */
  begun: { after: string | null | undefined }[];
};

export type Numbered<Event> = Event & { sequence: number };

export function createFeed<Event extends object>(): Feed<Event> {
  const events: Numbered<Event>[] = [];
  const bell = createBell();
  const begun: { after: string | null | undefined }[] = [];
  let listeners = 0;

  async function* follow(behind: number, wants: (event: Event) => boolean, signal: AbortSignal) {
    listeners += 1;
    try {
      let position = behind;
      do {
        for (const event of events.slice(position)) {
          position = event.sequence;
          if (wants(event)) yield event;
          if (signal.aborted) return;
        }
      } while (position < events.length || (await bell.heard(signal)));
    } finally {
      listeners -= 1;
    }
  }

  function beginning(after: string | null | undefined, wants: (event: Event) => boolean): number {
    if (after === undefined || after === null) return Math.max(0, (events.findLast(wants)?.sequence ?? 0) - 1);
    if (after === '666') throw new DomainError('SEQUENCE_TOO_OLD', 'Too old', { details: { oldestSequence: '1' } });
    if (Number(after) <= events.length) return Number(after);
    throw new DomainError('SEQUENCE_AHEAD', 'Not there yet', { details: { latestSequence: String(events.length) } });
  }

  return {
    begun,
    listeners: () => listeners,
    append(event) {
      events.push({ ...event, sequence: events.length + 1 });
      bell.ring();
    },
    forget() {
      events.length = 0;
    },
    read(after, wants = () => true) {
      begun.push({ after });
      const behind = beginning(after, wants);
      return abortable((signal) => follow(behind, wants, signal));
    },
  };
}
