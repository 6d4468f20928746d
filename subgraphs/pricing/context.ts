import DataLoader from 'dataloader';
import type { RequestContext } from '#shared/request-context.ts';
import type { CustomerService } from './customer-service.ts';
import type { Quote } from './domain/quote.ts';
import type { Moments } from './moment.ts';
import type { PricingRuleService } from './pricing-rule-service.ts';
import type { PricingService } from './pricing-service.ts';
import type { QuoteService } from './quote-service.ts';

type Services = {
  pricing: PricingService;
  moments: Moments;
  rules: PricingRuleService;
  quotes: QuoteService;
  customers: CustomerService;
};

/** What resolvers of this subgraph know of a request, or of an event. */
export type Context = RequestContext &
  Services & {
    /** The caller's quote by id, else null. */
    quoteById: DataLoader<string, Quote | null>;
    /** A customer's group by user id, for those who may know it. */
    groupOf: DataLoader<string, string>;
  };

/** The context of one request or subscription. Loaders ask once for what is wanted at once, and remember nothing. */
export function createContext(base: RequestContext, services: Services): Context {
  const { quotes, customers } = services;
  return {
    ...base,
    ...services,
    quoteById: new DataLoader((ids) => quotes.quotesOf(base.caller, ids), { cache: false }),
    groupOf: new DataLoader((userIds) => customers.groupsOf(base.caller, userIds), { cache: false }),
  };
}
