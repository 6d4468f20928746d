import { Decimal } from '#shared/decimal.ts';
import { parseExactJson, type ExactJson } from './exact-json.ts';

/**
 * Why a question brought no quotes. `NO_ANSWER`: nothing came, or a failure of the provider's own. `UNUSABLE_ANSWER`: what
 * came is not what the provider documents. `REFUSED`: it does not want to be asked, for a limit, a quota, a ban or the key.
 */
export type ProviderProblemCode = 'NO_ANSWER' | 'UNUSABLE_ANSWER' | 'REFUSED';

/** Thrown for a question that brought no quotes. */
export class ProviderProblem extends Error {
  override name = 'ProviderProblem';
  readonly code: ProviderProblemCode;
  /** How long not to ask again, in milliseconds, where that is known. */
  readonly waitMs: number | undefined;
  /** What the provider said, in full. It can repeat the key: whoever shows it redacts it before shortening it. */
  readonly said: string;

  constructor(
    code: ProviderProblemCode,
    message: string,
    { waitMs, said = '' }: { waitMs?: number | undefined; said?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.waitMs = waitMs;
    this.said = said;
  }
}

export type JsonObject = { [name: string]: ExactJson };

/** What every price that is published must look like: see domain/validate-quote.ts. */
const plainPattern = /^\d{1,12}(\.\d{1,7})?$/;
const decimalPattern = /^\d+(\.\d+)?([eE][+-]?\d+)?$/;
const decimalPlaces = 7;
const tooLarge = new Decimal('1e12');
/** A key that has come to its end is not tried more often than this. */
const refusedForMs = 3_600_000;

/** An instant needs its offset: without one it would mean something else on every machine. */
const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
/** Seconds reach this in the year 5138, milliseconds reached it in 1973. */
const leastMilliseconds = 1e11;
const mostMilliseconds = 1e14;

/** Parses an answer with every number as its source text. @throws ProviderProblem UNUSABLE_ANSWER */
export function readJson(text: string): ExactJson {
  try {
    return parseExactJson(text);
  } catch {
    throw unusable('the answer is not JSON', text);
  }
}

/** @throws ProviderProblem UNUSABLE_ANSWER for anything but an object */
export function readObject(value: ExactJson | undefined, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unusable(`${name} is no object`);
  return value;
}

/**
 * A price or rate as the source wrote it, where that is a plain decimal. Exponents are written out exactly; decimals beyond
 * the seventh are rounded half-even.
 * @param value a number's source text, or text
 * @throws ProviderProblem UNUSABLE_ANSWER for anything that is not more than 0 and less than 10^12
 */
export function readPrice(value: ExactJson | undefined, name: string): string {
  const price = readDecimal(value, name).toDecimalPlaces(decimalPlaces);
  if (price.lte(0) || price.gte(tooLarge)) throw unusable(`${name} is not within what a price can be`);
  return typeof value === 'string' && plainPattern.test(value) ? value : price.toFixed();
}

/** A number without a sign, exact. @throws ProviderProblem UNUSABLE_ANSWER */
export function readDecimal(value: ExactJson | undefined, name: string): Decimal {
  if (typeof value !== 'string' || !decimalPattern.test(value)) throw unusable(`${name} is no decimal number`);
  return new Decimal(value);
}

/**
 * An instant in epoch milliseconds.
 * @param value ISO 8601 with an offset, or seconds or milliseconds since 1970, which their size tells
 * @throws ProviderProblem UNUSABLE_ANSWER
 */
export function readTime(value: ExactJson | undefined, name: string): number {
  if (typeof value === 'string' && instantPattern.test(value)) {
    const instant = Date.parse(value);
    if (!Number.isNaN(instant)) return instant;
  }
  const count = typeof value === 'string' && decimalPattern.test(value) ? Number(value) : Number.NaN;
  const milliseconds = Math.round(count < leastMilliseconds ? count * 1000 : count);
  if (milliseconds > 0 && milliseconds < mostMilliseconds) return milliseconds;
  throw unusable(`${name} is no instant: ISO 8601 with an offset, or seconds or milliseconds since 1970`);
}

/**
 * An answer that says what it is of must be of what was asked: a price of something else is worse than none.
 * @throws ProviderProblem UNUSABLE_ANSWER where it says something else; an answer that does not say is taken
 */
export function checkSubject(value: ExactJson | undefined, expected: string, name: string): void {
  if (value !== undefined && value !== expected) throw unusable(`${name} is not ${expected}`, JSON.stringify(value));
}

export function unusable(message: string, said?: string): ProviderProblem {
  return new ProviderProblem('UNUSABLE_ANSWER', message, said === undefined ? {} : { said });
}

/** An answer that says no in a form of the provider's own, mostly because of the key or its quota: asked again after an hour. */
export function refusal(message: string, said: ExactJson | undefined): ProviderProblem {
  return new ProviderProblem('REFUSED', message, { waitMs: refusedForMs, said: typeof said === 'string' ? said : '' });
}
