/** For how long, and for whom, an answer may be kept: the least of what it is made of. */
export type Freshness = {
  /** Seconds; `undefined` until something was said, 0 for not at all. */
  maxAge: number | undefined;
  isPrivate: boolean;
  /** Something else is part of the answer, too. */
  restrict(part: { maxAge: number; isPrivate: boolean }): void;
};

/** The freshness of an answer of which nothing is known yet. */
export function createFreshness(): Freshness {
  return {
    maxAge: undefined,
    isPrivate: false,
    restrict(part) {
      this.maxAge = Math.min(this.maxAge ?? Infinity, part.maxAge);
      this.isPrivate ||= part.isPrivate;
    },
  };
}
