const sequenceField = Buffer.from('"sequence":"');
const madeAtField = Buffer.from('"mid":"');
const quote = 0x22;

export type TickInMessage = {
  sequence: number;
  /** Milliseconds since 1970: the mid price of this benchmark's ticks. */
  madeAt: number;
  /** Behind what was read. */
  position: number;
};

/** The next tick in a message's bytes; `undefined` where there is no further one. Reads no more than it must. */
export function nextTick(bytes: Buffer, start: number, end: number): TickInMessage | undefined {
  const sequence = textBehind(sequenceField, bytes, start, end);
  const madeAt = sequence && textBehind(madeAtField, bytes, sequence.position, end);
  if (!madeAt) return undefined;
  return { sequence: Number(sequence.text), madeAt: Number(madeAt.text), position: madeAt.position };
}

function textBehind(field: Buffer, bytes: Buffer, start: number, end: number) {
  const found = bytes.indexOf(field, start);
  if (found < 0 || found >= end) return undefined;
  const begin = found + field.length;
  const position = bytes.indexOf(quote, begin);
  return { text: bytes.toString('latin1', begin, position), position };
}
