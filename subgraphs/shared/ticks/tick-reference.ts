/** Names one tick: what a price event joins is read at the event's own tick. */
export type TickReference = { symbol: string; sequence: number };

/** The HTTP header by which the gateway passes the tick of an event on to the subgraphs that it asks. */
export const tickHeader = 'x-tick';

/** `XAU-USD@4711`. */
export function formatTickReference(tick: TickReference): string {
  return `${tick.symbol}@${tick.sequence}`;
}

/** Reads `XAU-USD@4711`; anything else is `undefined`. */
export function parseTickReference(text: unknown): TickReference | undefined {
  const match = typeof text === 'string' ? /^([A-Z0-9-]{1,32})@(\d{1,15})$/.exec(text) : null;
  return match ? { symbol: match[1]!, sequence: Number(match[2]) } : undefined;
}
