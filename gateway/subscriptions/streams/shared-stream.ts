import { settledOrAborted } from '#shared/waiting.ts';
import { createCurrentState } from './current-state.ts';
import { createEventQueue } from './event-queue.ts';
import { createRecentMessages, isBehind, type Published } from './recent-messages.ts';
import type { SharedEvent, SharedUpstream } from '../upstreams/shared-upstream.ts';
import type { Ending, StreamMessage, Subscriber } from '../stream-message.ts';
import type { UpstreamEvent } from '../upstreams/upstream-stream.ts';

/** One operation of any number of clients: each event is executed and serialised once for all of them. */
export type SharedStream = {
  /**
   * Begins with the current state, or with what came behind `after`; then every event follows, without a gap or a repeat.
   * @returns leaves the stream; nothing is delivered afterwards
   */
  join(subscriber: Subscriber, after?: string): () => void;
  /** Ends it for its clients, one after the other over so many milliseconds. */
  retire(ending: Ending, overMs: number): void;
  close(ending: Ending): void;
};

export type SharedStreamOptions = {
  upstream: SharedUpstream;
  isConflatable: boolean;
  isResumable: boolean;
  /** Gives the execution result as JSON. Never rejects. */
  execute: (event: SharedEvent) => Promise<string>;
  /** A subscription of one client's own, behind a sequence or with the current state first. */
  subscribeAlone: (after: string | undefined, signal: AbortSignal) => AsyncIterable<UpstreamEvent>;
  /** How clients end when the subgraph has refused, or something went wrong. */
  endingOf: (error: unknown) => Ending;
  /** An event has been handed to so many clients. */
  onPublished: (clients: number, event: SharedEvent) => void;
  onConflated: () => void;
  /** It must not be joined any more. Called once. */
  onEnd: () => void;
};

/** A client of the stream. */
type Member = {
  subscriber: Subscriber;
  /** Behind what it wants to begin, as it has said itself. */
  after: number | undefined;
  /** The last sequence that it was sent beside the stream, and may come in the stream once more. */
  sentSequence: number | undefined;
  /** The last event of the upstream that it was sent beside the stream. */
  sentOrdinal: number;
  /** Ends its own subscription, by which it is brought up to date. */
  replaying: AbortController | undefined;
};

/** Events that may wait to be executed where none may be left out. */
const queueLimit = 1_000;

export function createSharedStream(options: SharedStreamOptions): SharedStream {
  const { upstream, isConflatable, isResumable } = options;
  const live = new Set<Member>();
  const replaying = new Set<Member>();
  /** Behind which its first event will come: who has seen that one joins, however long no event comes. */
  const beginsBehind = isResumable ? upstream.latest()?.sequence : undefined;
  const recent = createRecentMessages({ beginsBehind });
  /** Events that were left out, before what is still to come. */
  let gaps: number[] = [];
  /** What clients are told beside the data, where the event that should have told it was left out. */
  let untold: SharedEvent['extensions'];
  /** How clients end that were asked to come back, whatever ends the stream before it is their turn. */
  let retirement: Ending | undefined;
  /** Nobody can join any more. */
  let isEnded = false;
  let isClosed = false;

  const queue = createEventQueue<SharedEvent, StreamMessage>({
    isConflatable,
    limit: queueLimit,
    work: messageOf,
    handOn: publish,
    onConflated({ ordinal, extensions }) {
      gaps.push(ordinal);
      untold ??= extensions;
      options.onConflated();
    },
    onOverflow: () => close({ kind: 'reconnect', reason: 'too_slow' }),
  });
  const state = createCurrentState<Member>({
    upstream,
    messageOf,
    readAnew: (signal) => options.subscribeAlone(undefined, signal),
    send(member, message, ordinal) {
      if (live.has(member)) sendState(member, message, ordinal);
    },
  });
  const consumer = {
    event(event: SharedEvent) {
      const extensions = event.extensions ?? untold;
      untold = undefined;
      queue.add(extensions ? { ...event, extensions } : event);
    },
    ended(error?: unknown) {
      endJoining();
      void Promise.all([queue.idle(), state.given()]).then(() => {
        if (retirement) return close(retirement);
        if (error !== undefined) return close(options.endingOf(error));
        // Who is still being brought up to date goes on to the end alone.
        for (const member of live) endOf(member, { kind: 'complete' });
        closeWhenEmpty();
      });
    },
  };
  upstream.add(consumer);

  async function messageOf(event: SharedEvent): Promise<StreamMessage> {
    return {
      body: Buffer.from(await options.execute(event)),
      key: event.key ?? '',
      sequence: isResumable ? event.sequence : undefined,
    };
  }

  function publish(message: StreamMessage, event: SharedEvent): void {
    const { ordinal, isRepeat } = event;
    const published = { message, ordinal, isRepeat, isRestart: isRestart(event) };
    state.published(message);
    // Who resumes must not be replayed from here what has a gap.
    if (event.extensions?.gap || gaps.some((gap) => gap < ordinal)) recent.clear();
    gaps = gaps.filter((gap) => gap > ordinal);
    recent.add(published);
    for (const member of live) deliver(member, published);
    for (const member of replaying) joinLive(member);
    options.onPublished(live.size, event);
  }

  function deliver(member: Member, published: Published): void {
    if (member.sentOrdinal > 0 || member.sentSequence !== undefined) {
      if (published.ordinal <= member.sentOrdinal) return;
      const { sentSequence } = member;
      if (sentSequence !== undefined && !published.isRestart && !isBehind(published, sentSequence)) return;
      member.sentOrdinal = 0;
      member.sentSequence = undefined;
    }
    member.subscriber.deliver(published.message);
  }

  function sendState(member: Member, message: StreamMessage, ordinal: number): void {
    member.sentSequence = message.sequence;
    member.sentOrdinal = ordinal;
    member.subscriber.deliver(message);
  }

  /** Brings a client up to date by a subscription of its own, until it can go on with the others. */
  async function replay(member: Member, after: string | undefined, signal: AbortSignal): Promise<void> {
    for await (const event of options.subscribeAlone(after, signal)) {
      const message = await messageOf(upstream.share(event));
      if (signal.aborted) return;
      sendState(member, message, 0);
      await whenSent(member.subscriber, signal);
      if (signal.aborted || joinLive(member)) return;
    }
    if (!signal.aborted) endOf(member, { kind: 'complete' });
  }

  function startReplay(member: Member, after: string | undefined): void {
    const controller = new AbortController();
    member.replaying = controller;
    replaying.add(member);
    replay(member, after, controller.signal).catch((error: unknown) => {
      if (!controller.signal.aborted) endOf(member, options.endingOf(error));
    });
  }

  /** Goes on with the others as soon as their messages begin at or before what the client has been sent. */
  function joinLive(member: Member): boolean {
    if (isEnded) return false;
    const missed = missedSince(member);
    if (!missed) return false;
    replaying.delete(member);
    goLive(member, missed);
    member.replaying?.abort();
    member.replaying = undefined;
    return true;
  }

  function missedSince({ sentSequence, after }: Member): StreamMessage[] | undefined {
    if (sentSequence !== undefined) return recent.behind(sentSequence);
    // What a client says of itself may be ahead of everything, which its subgraph refuses.
    const isKnown = after !== undefined && after <= (recent.last() ?? -1);
    return isKnown ? recent.behind(after) : undefined;
  }

  function goLive(member: Member, missed: StreamMessage[]): void {
    member.sentSequence ??= member.after;
    live.add(member);
    for (const message of missed) if (live.has(member)) sendState(member, message, 0);
  }

  function endOf(member: Member, ending: Ending): void {
    if (remove(member)) member.subscriber.end(ending);
    closeWhenEmpty();
  }

  function remove(member: Member): boolean {
    state.forget(member);
    const wasThere = live.delete(member) || replaying.delete(member);
    member.replaying?.abort();
    return wasThere;
  }

  function closeWhenEmpty(): void {
    if (live.size + replaying.size === 0) close({ kind: 'complete' });
  }

  function endJoining(): void {
    if (isEnded) return;
    isEnded = true;
    options.onEnd();
  }

  function close(ending: Ending): void {
    if (isClosed) return;
    isClosed = true;
    endJoining();
    queue.close();
    state.close();
    upstream.remove(consumer);
    for (const member of [...live, ...replaying]) if (remove(member)) member.subscriber.end(ending);
  }

  return {
    close,
    retire(ending, overMs) {
      endJoining();
      retirement ??= ending;
      const members = [...live, ...replaying];
      members.forEach((member, index) => {
        // At random within its part: many streams may be retired together that have one client each.
        const afterMs = (overMs * (index + Math.random())) / members.length;
        setTimeout(() => endOf(member, ending), afterMs).unref();
      });
    },
    join(subscriber, after) {
      // What is no number is left to the subgraph to refuse.
      const position = after === undefined || !isResumable ? undefined : /^\d+$/.test(after) ? Number(after) : NaN;
      const member: Member = {
        subscriber,
        after: position,
        sentSequence: undefined,
        sentOrdinal: 0,
        replaying: undefined,
      };
      const hasBegun = upstream.latest() !== undefined;
      if (position !== undefined) {
        const missed = missedSince(member);
        if (missed) goLive(member, missed);
        else startReplay(member, after);
      } else if (isConflatable || !hasBegun) {
        live.add(member);
        if (hasBegun) state.giveTo(member);
      } else startReplay(member, undefined);
      return () => {
        if (remove(member)) closeWhenEmpty();
      };
    },
  };
}

/** Whether the subgraph has lost its count: it refused to continue behind what it had sent, and begins below that. */
function isRestart({ sequence, extensions }: SharedEvent): boolean {
  return sequence !== undefined && extensions?.gap !== undefined && sequence < Number(extensions.gap.after);
}

/** Waits until a client has taken in what it was sent. */
async function whenSent(subscriber: Subscriber, signal: AbortSignal): Promise<void> {
  if (!subscriber.whenSent) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  subscriber.whenSent(resolve);
  await settledOrAborted(promise, signal);
}
