import type { Caller } from './caller.ts';
import type { TickReference } from './ticks/tick-reference.ts';

/** What a resolver knows of the request that it serves. Each service adds its own parts in its context.ts. */
export type RequestContext = {
  caller: Caller;
  correlationId: string;
  /** What the client's program calls itself, at most 300 characters; for people to recognise their sessions by. */
  userAgent: string | undefined;
  /** The tick that everything in this request is to be read at; `undefined` means the latest. */
  tick: TickReference | undefined;
};
