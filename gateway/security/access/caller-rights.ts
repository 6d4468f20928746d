import { permissionsFor, roles, type Caller } from '#shared/caller.ts';
import type { CallerRights } from '../../supergraph/access-rule.ts';

/** The policies of `@policy` that hold for a caller. */
export type Policies = (caller: Caller) => ReadonlySet<string>;

/** A policy is the name of a role; who has a role has those before it, too. */
export const rolePolicies: Policies = (caller) => {
  const held = caller.kind === 'user' ? caller.roles : [];
  const highest = Math.max(-1, ...held.map((role) => roles.indexOf(role)));
  return new Set(roles.slice(0, highest + 1));
};

/**
 * What callers have: scopes are the permissions that the roles in the access token give. Found out once for each caller, who
 * is the same for as long as the token that was verified.
 */
export function createCallerRights(policies: Policies): (caller: Caller) => CallerRights {
  const known = new WeakMap<Caller, CallerRights>();
  return (caller) => {
    const rights = known.get(caller) ?? rightsOf(caller, policies);
    known.set(caller, rights);
    return rights;
  };
}

function rightsOf(caller: Caller, policies: Policies): CallerRights {
  return {
    isSignedIn: caller.kind === 'user',
    scopes: new Set(caller.kind === 'user' ? permissionsFor(caller.roles) : []),
    policies: policies(caller),
  };
}
