import type { StoredInterval } from '../domain/stored-interval.ts';

/** Which spans of one interval a file has spoken of; times are the openings of spans in epoch milliseconds. */
export type SeenSpans = { has(openTime: number): boolean; add(openTime: number): void };

const spansOfPage = 32_768;
const lengths: Record<Exclude<StoredInterval, 'MONTH_1'>, number> = {
  MINUTE_1: 60_000,
  HOUR_1: 3_600_000,
  DAY_1: 86_400_000,
};

/** Remembers every span in one bit: a year of minutes takes 64 kB, and the minutes of four centuries 28 MB. */
export function createSeenSpans(interval: StoredInterval): SeenSpans {
  const pages = new Map<number, Uint8Array>();
  const spanOf = (openTime: number) => {
    if (interval !== 'MONTH_1') return openTime / lengths[interval];
    const date = new Date(openTime);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  };
  /** The page of a span, the byte in it and the bit in that. Spans before 1970 have negative numbers. */
  const placeOf = (openTime: number) => {
    const span = spanOf(openTime);
    const page = Math.floor(span / spansOfPage);
    const place = span - page * spansOfPage;
    return { page, byte: place >> 3, bit: 1 << (place & 7) };
  };
  return {
    has(openTime) {
      const { page, byte, bit } = placeOf(openTime);
      return ((pages.get(page)?.[byte] ?? 0) & bit) !== 0;
    },
    add(openTime) {
      const { page, byte, bit } = placeOf(openTime);
      const bytes = pages.get(page) ?? new Uint8Array(spansOfPage / 8);
      pages.set(page, bytes);
      bytes[byte]! |= bit;
    },
  };
}
