import DataLoader from 'dataloader';
import type { RequestContext } from '#shared/request-context.ts';
import type { AccountService } from './account-service.ts';
import type { User } from './domain/user.ts';
import type { SessionService } from './session-service.ts';
import type { UserService } from './user-service.ts';

type Services = { accounts: AccountService; sessions: SessionService; users: UserService };

/** What resolvers of this subgraph know of a request. */
export type Context = RequestContext &
  Services & {
    /** Users by id as the caller may see them, else null; asked for at once. */
    visibleUsers: DataLoader<string, User | null>;
  };

/** The context of one request. */
export function createContext(base: RequestContext, services: Services): Context {
  return {
    ...base,
    ...services,
    visibleUsers: new DataLoader((ids) => services.users.visible(base.caller, ids)),
  };
}
