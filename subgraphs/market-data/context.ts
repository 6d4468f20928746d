import type { RequestContext } from '#shared/request-context.ts';

/** What a resolver of market-data knows of its request. */
export type Context = RequestContext;
