import type { Caller } from '#shared/caller.ts';
import type { TickReference } from '#shared/ticks/tick-reference.ts';

/** What the gateway knows of the operation that it executes, and passes on to the subgraphs that it asks. */
export type GatewayContext = {
  caller: Caller;
  /** The `Authorization` header as it came, already verified; subgraphs verify it again. */
  authorization: string | undefined;
  correlationId: string;
  /** The client's `User-Agent`, passed on so that people recognise their sessions. */
  userAgent: string | undefined;
  /** The tick of the price event that is being joined; `undefined` outside one. */
  tick: TickReference | undefined;
};
