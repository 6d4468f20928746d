import { distanceBps } from './distance.ts';
import { holdsUntil, type Heard, type PriceSource, type SourceQuote } from './price-source.ts';
import { createRollingMids } from './rolling-mids.ts';

/** What a source said and for how long it holds. Doubles are for comparisons; prices are published from the texts. */
export type Said = Heard & {
  quote: SourceQuote;
  mid: number;
  /** Spread in basis points of mid; 0 of a source that says one price only. */
  spreadBps: number;
  isMidOnly: boolean;
};

/** What is known of one source: its last accepted quote, and those in quarantine because they are far from it. */
export type SourceTrack = {
  source: PriceSource;
  /** The last accepted quote. */
  accepted(): Said | undefined;
  /** The newest quote in quarantine, which is newer than the accepted one. */
  quarantined(): Said | undefined;
  /** The time of the newest of both, by the source's clock. */
  lastTime(): number | undefined;
  isFresh(said: Said | undefined, now: number): said is Said;
  /** Whether the source usually does not move so far in its time. */
  isJump(said: Said): boolean;
  /** Puts a quote into quarantine. @returns whether the source has by now said it so often that it is to be accepted */
  quarantine(said: Said): boolean;
  accept(said: Said): void;
  /** What the source said last still holds. @returns what that is, where it is accepted */
  confirm(now: number): Said | undefined;
};

/** A move is compared with those of the last minute; a price from before says little of a move, and a weekend may lie between. */
const spanMs = 60_000;
const maxGapBps = 300;
/** A jump counts as confirmed when it is this many times the usual move at most ... */
const usualMoves = 8;
/** ... or when the source itself says it so many times in so short a time. */
const repetitions = 3;
const repeatedWithinMs = 3_000;

/** @param limits in basis points: how far a source may jump, and how far apart two prices may be that agree */
export function createSourceTrack(
  source: PriceSource,
  limits: { maxJumpBps: number; maxDistanceBps: number },
): SourceTrack {
  const mids = createRollingMids(spanMs);
  let accepted: Said | undefined;
  /** Quotes behind each other that agree. */
  let waiting: Said[] = [];

  function accept(said: Said): void {
    accepted = said;
    waiting = [];
    mids.add(said.quote.time, said.mid);
  }

  return {
    source,
    accepted: () => accepted,
    quarantined: () => waiting.at(-1),
    lastTime: () => (waiting.at(-1) ?? accepted)?.quote.time,
    isFresh: (said, now): said is Said => said !== undefined && now <= holdsUntil(source, said),
    isJump(said) {
      if (!accepted) return false;
      const move = distanceBps(said.mid, accepted.mid);
      if (move <= limits.maxJumpBps) return false;
      if (Math.abs(said.quote.time - accepted.quote.time) > spanMs) return move > maxGapBps;
      return move > usualMoves * mids.deviationBps();
    },
    quarantine(said) {
      const agrees = (each: Said) => distanceBps(each.mid, said.mid) <= limits.maxDistanceBps;
      // A provider that is asked again before it has anything new does not say it a second time.
      const before = waiting.filter((each) => !isSame(each.quote, said.quote));
      waiting = [...before.slice(before.findLastIndex((each) => !agrees(each)) + 1), said].slice(-repetitions);
      if (waiting.length < repetitions) return false;
      const since = said.quote.time - waiting[0]!.quote.time;
      // A source that is asked once a minute cannot repeat itself within seconds: where what it said before no longer
      // holds, there is nothing better than what it has said so often.
      return Math.abs(since) <= repeatedWithinMs || !accepted || said.heardAt > holdsUntil(source, accepted);
    },
    accept,
    confirm(now) {
      const said = waiting.at(-1);
      // Nobody else says it, but the source has held on to it for as long as anything that it says holds.
      if (said && now - said.heardAt >= source.freshForMs) accept(said);
      if (waiting.length > 0 || !accepted) return undefined;
      accepted.heardAt = now;
      accepted.saidAt = now;
      return accepted;
    },
  };
}

function isSame(one: SourceQuote, other: SourceQuote): boolean {
  return one.time === other.time && one.bid === other.bid && one.ask === other.ask;
}
