import type { RequestContext } from '#shared/request-context.ts';
import type { Moments } from './moment.ts';
import type { PricingService } from './pricing-service.ts';

/** What resolvers of this subgraph know of a request, or of an event. */
export type Context = RequestContext & { pricing: PricingService; moments: Moments };
