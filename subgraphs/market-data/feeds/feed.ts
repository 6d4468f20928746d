import type { PriceSource, SourceQuote } from '../domain/price-source.ts';

/** A source of one symbol; what it consists of is said where prices are judged. */
export type FeedSource = PriceSource;

/** A price as one of the feed's sources says it. */
export type FeedQuote = SourceQuote & { symbol: string };

/** What was published last of a symbol: where a feed goes on. `mid` is a decimal as text. */
export type ResumePoint = { mid: string; feedPosition?: string | undefined };

export type FeedHealth = {
  /** Whether quotes can be expected. A closed market or a replay that has come to its end is not a failure. */
  ok: boolean;
  /** In words for operators, without keys. */
  detail: string;
  /** When the last quote came, epoch milliseconds. */
  lastQuoteAt: number | undefined;
};

/** What a feed delivers to. */
export type FeedReceiver = {
  /** By symbol; empty where nothing was ever published. */
  resumeFrom: ReadonlyMap<string, ResumePoint>;
  /** Takes quotes at once, in the order of their making; when they cannot be published in time the oldest are dropped. */
  onQuotes: (quotes: FeedQuote[]) => void;
  /** The source is heard of, and what it said last still holds: an exchange tells only changes, and a heartbeat between them. */
  onAlive: (source: string) => void;
  /** Resolves when there is room for more: a feed that can wait, because it plays a file, does. */
  room: () => Promise<void>;
};

/** Where quotes come from. Each adapter has its own file beside this one. */
export type Feed = {
  /** As it is called in the configuration. */
  name: string;
  sources: readonly FeedSource[];
  /**
   * Begins to deliver. A feed that loses its provider goes on trying until it is stopped. It is started once.
   * @throws Error when it can never deliver, such as for a file that is not there
   */
  start(receiver: FeedReceiver): Promise<void>;
  /** Ends the delivery; nothing is delivered after it has resolved. */
  stop(): Promise<void>;
  health(): FeedHealth;
};
