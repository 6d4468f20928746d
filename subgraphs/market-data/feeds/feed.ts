/** A price as a source says it: a troy ounce of fine metal, decimals as text, `time` in epoch milliseconds by the source's clock. */
export type RawQuote = {
  symbol: string;
  bid: string;
  ask: string;
  time: number;
  /** Where a feed that can be resumed stands with this quote. */
  feedPosition?: string;
};

/** What was published last of a symbol: where a feed goes on. `mid` is a decimal as text. */
export type ResumePoint = { mid: string; feedPosition?: string | undefined };

export type FeedHealth = {
  /** Whether quotes can be expected. A closed market or a replay that has come to its end is not a failure. */
  ok: boolean;
  /** In words for operators. */
  detail: string;
  /** When the last quote came, epoch milliseconds. */
  lastQuoteAt: number | undefined;
};

/** Where quotes come from. Each adapter has its own file beside this one. */
export type Feed = {
  /** Names the source in every tick. */
  name: string;
  /** The symbols that it quotes. */
  symbols: readonly string[];
  /**
   * Begins to deliver quotes, in the order of their making.
   * @param options.resumeFrom by symbol; empty where nothing was ever published
   * @param options.onQuotes takes quotes at once; when they cannot be published in time the oldest are dropped
   * @param options.room resolves when there is room for more: a feed that can wait, because it plays a file, does
   * @throws Error when it can never deliver, such as for a file that is not there
   */
  start(options: {
    resumeFrom: ReadonlyMap<string, ResumePoint>;
    onQuotes: (quotes: RawQuote[]) => void;
    room: () => Promise<void>;
  }): Promise<void>;
  /** Ends the delivery; nothing is delivered after it has resolved. */
  stop(): Promise<void>;
  health(): FeedHealth;
};
