import { permissionsFor } from '#shared/caller.ts';
import { DateTimeScalar } from '#shared/scalars.ts';
import type { Resolvers } from './generated/resolver-types.ts';

export const resolvers: Resolvers = {
  DateTime: DateTimeScalar,
  Query: {
    me: (_root, _args, { caller, users }) => users.me(caller),
    users: (_root, { first, after, search }, { caller, users }) => users.list(caller, { first, after, search }),
  },
  Mutation: {
    register: (_root, { input }, { accounts, userAgent }) => accounts.register(input, userAgent),
    login: (_root, { input }, { accounts, userAgent }) => accounts.login(input, userAgent),
    refreshSession: (_root, { input }, { sessions }) => sessions.refresh(input.refreshToken),
    logout: (_root, _args, { caller, sessions }) => sessions.logout(caller),
    revokeSession: (_root, { id }, { caller, sessions }) => sessions.revoke(caller, id),
    changePassword: (_root, { input }, { caller, accounts }) => accounts.changePassword(caller, input),
    setUserRoles: (_root, { userId, roles }, { caller, users }) => users.setRoles(caller, userId, roles),
  },
  User: {
    __resolveReference: ({ id }, { visibleUsers }) => visibleUsers.load(id),
    permissions: ({ roles }) => permissionsFor(roles),
    sessions: ({ id }, _args, { caller, sessions }) => sessions.list(caller, id),
  },
  Session: {
    isCurrent: ({ id }, _args, { caller }) => caller.kind === 'user' && caller.sessionId === id,
  },
  SetUserRolesResult: {
    __resolveType: (result) => ('code' in result && result.__typename) || 'User',
  },
};
