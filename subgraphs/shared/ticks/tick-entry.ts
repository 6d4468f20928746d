import type { Tick } from './tick.ts';

/** An entry of a Redis Stream as ioredis returns it: the id, and field and value in turn. */
export type StreamEntry = [id: string, fields: string[]];

/** The fields of an entry: the tick as JSON, without what the key and the id say already, and who wrote it. */
export const entryFields = { tick: 'tick', writer: 'writer' };

/** The key of a symbol's stream. Entry ids are `<sequence>-0`. */
export function tickStreamKey(prefix: string, symbol: string): string {
  return `${prefix}:ticks:${symbol}`;
}

export function entryId(sequence: number): string {
  return `${sequence}-0`;
}

export function sequenceOf(id: string): number {
  return Number.parseInt(id, 10);
}

export function encodeTick({ symbol: _symbol, sequence: _sequence, ...rest }: Tick): string {
  return JSON.stringify(rest);
}

export function decodeTick(symbol: string, [id, fields]: StreamEntry): Tick {
  // `tick` is written first.
  return { symbol, sequence: sequenceOf(id), ...(JSON.parse(fields[1]!) as Omit<Tick, 'symbol' | 'sequence'>) };
}

/** Whether an entry was written by this writer. */
export function isWrittenBy(writer: string, [, fields]: StreamEntry): boolean {
  return fields[fields.indexOf(entryFields.writer) + 1] === writer;
}
