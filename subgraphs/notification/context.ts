import DataLoader from 'dataloader';
import type { RequestContext } from '#shared/request-context.ts';
import type { DeadLetterService } from './dead-letter-service.ts';
import type { Delivery } from './domain/delivery.ts';
import type { Notification } from './inbox-repository.ts';
import type { InboxService } from './inbox-service.ts';
import type { PreferenceService } from './preference-service.ts';
import type { PriceAlertService } from './price-alert-service.ts';
import type { PushSubscriptionService } from './push-subscription-service.ts';
import type { QuietHoursService } from './quiet-hours-service.ts';

/** What resolvers of this subgraph ask. */
export type Services = {
  inbox: InboxService;
  preferences: PreferenceService;
  quietHours: QuietHoursService;
  pushSubscriptions: PushSubscriptionService;
  deadLetters: DeadLetterService;
  priceAlerts: PriceAlertService;
};

/** What resolvers of this subgraph know of a request. Loaders ask once for everything that a request wants to know. */
export type Context = RequestContext &
  Services & {
    /** The deliveries of a notification that the caller may see. */
    deliveries: DataLoader<string, Delivery[]>;
    /** A notification that the caller may see, by id. */
    notifications: DataLoader<string, Notification>;
  };

/** The context of one request. */
export function createContext(base: RequestContext, services: Services): Context {
  return {
    ...base,
    ...services,
    // A subscription's context lives for days, and deliveries go on: they are read anew for each event.
    deliveries: new DataLoader((ids) => services.inbox.deliveriesOf(ids), { cache: false }),
    notifications: new DataLoader((ids) => services.inbox.notificationsOf(ids), { cache: false }),
  };
}
