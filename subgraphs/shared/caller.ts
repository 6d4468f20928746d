import { DomainError } from './errors.ts';

/** What a signed-in person may do. Each role can do what those before it can. */
export const roles = ['CUSTOMER', 'OPERATOR', 'ADMIN'] as const;
export type Role = (typeof roles)[number];

/** What each role may do beside what the roles before it may. Everybody may read prices and products. */
const permissionsOf = {
  CUSTOMER: ['REQUEST_QUOTES', 'PLACE_ORDERS', 'MANAGE_ALERTS'],
  OPERATOR: [
    'READ_CUSTOMERS',
    'READ_ALL_ORDERS',
    'ADVANCE_ORDERS',
    'CREDIT_WALLETS',
    'ADJUST_STOCK',
    'MANAGE_PRICING_RULES',
    'SET_CUSTOMER_GROUPS',
    'REPLAY_DELIVERIES',
  ],
  ADMIN: ['SET_ROLES'],
} as const satisfies Record<Role, readonly string[]>;

export type Permission = (typeof permissionsOf)[Role][number];

/** Who sends a request, as a verified access token says; nothing else is ever believed. */
export type Caller =
  { kind: 'anonymous' } | { kind: 'user'; userId: string; roles: Role[]; sessionId: string; expiresAt: number };

export type User = Extract<Caller, { kind: 'user' }>;

export const anonymous: Caller = { kind: 'anonymous' };

/** The signed-in caller. @throws DomainError UNAUTHENTICATED when nobody is signed in */
export function requireUser(caller: Caller): User {
  if (caller.kind === 'user') return caller;
  throw new DomainError('UNAUTHENTICATED', 'Sign in to do this');
}

/** The signed-in caller, who may do it. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
export function requirePermission(caller: Caller, permission: Permission): User {
  const user = requireUser(caller);
  if (mayDo(user, permission)) return user;
  throw new DomainError('FORBIDDEN', `This needs the permission ${permission}`, { details: { permission } });
}

/**
 * The signed-in caller, who is the owner of what is asked for, or may see what belongs to others.
 * @throws DomainError UNAUTHENTICATED or FORBIDDEN
 */
export function requireOwner(caller: Caller, ownerId: string, orPermission?: Permission): User {
  const user = requireUser(caller);
  if (user.userId === ownerId) return user;
  if (orPermission) return requirePermission(caller, orPermission);
  throw new DomainError('FORBIDDEN', 'This belongs to somebody else');
}

/** Whether a role of the caller's gives the permission. */
export function mayDo(caller: Caller, permission: Permission): boolean {
  return caller.kind === 'user' && permissionsFor(caller.roles).includes(permission);
}

/** Everything that the roles allow together, in a fixed order. */
export function permissionsFor(held: readonly Role[]): Permission[] {
  const highest = Math.max(-1, ...held.map((role) => roles.indexOf(role)));
  return roles.slice(0, highest + 1).flatMap((role): Permission[] => [...permissionsOf[role]]);
}
