import type { Backoff } from './backoff.ts';
import type { ExactJson } from './exact-json.ts';
import { unusable } from './provider-answer.ts';

/** What a message of an exchange says. */
export type ExchangeEvent =
  /**
   * The best bid and ask of a market: decimals as the exchange wrote them, empty where there is none. `time` is epoch
   * milliseconds by the exchange's clock, `order` a number that only rises within the market; undefined where it says none.
   */
  | { kind: 'book'; market: string; bid: string; ask: string; time: number | undefined; order: bigint | undefined }
  /** A heartbeat or an acknowledgement. */
  | { kind: 'alive' }
  /** It does not give what was asked for: one market, or nothing at all where `market` is undefined. */
  | { kind: 'refused'; market: string | undefined; reason: string }
  /** It is about to end the connection. */
  | { kind: 'leaving' };

/** How an exchange is spoken to. */
export type ExchangeProtocol = {
  /** Where to connect: ws or wss. */
  url: string;
  /** What to send for these markets, as texts; nothing where the address says it. */
  subscriptions(markets: readonly string[]): string[];
  /**
   * Nothing for a message of a kind that is not known, which exchanges may add at any time.
   * @throws ProviderProblem for a message that is not as documented
   */
  read(message: ExactJson): ExchangeEvent[];
};

/** Milliseconds of an exchange's connections. */
export type ExchangeTimings = {
  backoff: Backoff;
  /** Between the beginnings of two connections at least, whatever the reason: what keeps the exchange's limit. */
  connectGapMs: number;
  handshakeMs: number;
  /** A connection that says nothing that can be understood for so long is dropped. */
  idleMs: number;
  /** How often to ask for a sign of life, of an exchange that gives none by itself. */
  pingEveryMs: number | undefined;
  /** How often quotes are confirmed while no better ones come. */
  aliveEveryMs: number;
  /** How old the last sign of life may be for that; undefined where a living connection does not mean that a quote holds. */
  aliveWithinMs: number | undefined;
  /** A connection without any quote for so long is dropped, because a sign of life may come from less than the whole way. */
  quietMs: number | undefined;
  /**
   * The age at which a connection is replaced, before the exchange ends it. For one whose books have an `order` only: by it what
   * both connections say is told once.
   */
  replaceAfterMs: number | undefined;
  /** How long the old connection is kept beside one that has begun to deliver, for what is still on its way. */
  lingerMs: number;
  /** How often a market that was refused is asked for again. */
  resubscribeMs: number;
};

/** The fields of a JSON object; none of anything else. */
export function fieldsOf(json: ExactJson | undefined): { [name: string]: ExactJson } {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {};
}

/** A text or the source text of a number; empty for anything else, such as the price of a side that nobody offers. */
export function textOf(value: ExactJson | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** @throws ProviderProblem UNUSABLE_ANSWER for anything but a whole number */
export function readOrder(value: ExactJson | undefined, name: string): bigint {
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) throw unusable(`${name} is no whole number`);
  return BigInt(value);
}
