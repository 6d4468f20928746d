/** What somebody may do, in the order in which each role can do what those before it can. */
export type Role = 'CUSTOMER' | 'OPERATOR' | 'ADMIN';

/** Somebody who can sign in; `version` counts up with each change that other services are told of. */
export type User = {
  id: string;
  email: string;
  emailVerified: boolean;
  name: string | null;
  /** BCP 47. */
  locale: string;
  /** E.164. */
  phone: string | null;
  roles: Role[];
  version: number;
  createdAt: Date;
};

const roleOrder: readonly Role[] = ['CUSTOMER', 'OPERATOR', 'ADMIN'];

/** Each role once, in their fixed order. */
export function inRoleOrder(roles: readonly Role[]): Role[] {
  return roleOrder.filter((role) => roles.includes(role));
}
