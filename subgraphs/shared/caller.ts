import { DomainError } from './errors.ts';

/** What a signed-in person may do. Each role can do what those before it can. */
export const roles = ['CUSTOMER', 'OPERATOR', 'ADMIN'] as const;
export type Role = (typeof roles)[number];

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

/** The signed-in caller, who has the role or a higher one. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
export function requireRole(caller: Caller, role: Role): User {
  const user = requireUser(caller);
  if (hasRole(user, role)) return user;
  throw new DomainError('FORBIDDEN', `This needs the role ${role}`);
}

/** Whether the caller has the role or a higher one. */
export function hasRole(caller: Caller, role: Role): boolean {
  return caller.kind === 'user' && caller.roles.some((held) => roles.indexOf(held) >= roles.indexOf(role));
}
