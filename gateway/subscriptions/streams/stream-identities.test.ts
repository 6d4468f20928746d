import { describe, expect, test } from '@jest/globals';
import type { GatewayContext } from '../../gateway-context.ts';
import { createStreamIdentities } from './stream-identities.ts';

const contextOf = (user: { userId: string; sessionId: string; expiresAt: number } | undefined): GatewayContext => ({
  caller: user ? { kind: 'user', roles: ['CUSTOMER'], ...user } : { kind: 'anonymous' },
  authorization: user && `Bearer ${user.userId}-${user.sessionId}-${user.expiresAt}`,
  correlationId: 'one',
  userAgent: 'test',
  client: 'test',
  tick: undefined,
});
const ada = (expiresAt: number, sessionId = 's1') => contextOf({ userId: 'ada', sessionId, expiresAt });

describe('a caller’s own streams', () => {
  test('are shared by the connections of one session', () => {
    const identities = createStreamIdentities();
    const identity = identities.of(ada(1));
    identities.keep(identity);
    expect(identities.of(ada(1))).toBe(identity);
  });

  test('are not shared with other sessions, other people, or nobody', () => {
    const identities = createStreamIdentities();
    const admin = ada(1);
    const others = [
      ada(1),
      { ...admin, caller: { ...admin.caller, roles: ['ADMIN'] } } as GatewayContext,
      ada(1, 's2'),
      contextOf({ userId: 'eve', sessionId: 's1', expiresAt: 1 }),
      contextOf(undefined),
    ];
    const keys = others.map((context) => identities.of(context).key);
    keys.push(identities.everybody.key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('ask with the token that is valid longest, whoever of the session brought it', () => {
    const identities = createStreamIdentities();
    const identity = identities.of(ada(10));
    identities.keep(identity);
    identities.of(ada(20));
    expect(identity.context()).toEqual(ada(20));
    identities.renewed(ada(15));
    expect(identity.context()).toEqual(ada(20));
    identities.renewed(ada(30));
    identities.renewed(ada(40, 's2'));
    expect(identity.context()).toEqual(ada(30));
  });

  test('are forgotten with the last use: who comes later begins with a token of their own', () => {
    const identities = createStreamIdentities();
    const identity = identities.of(ada(20));
    identities.keep(identity);
    identities.keep(identity);
    identities.release(identity);
    expect(identities.of(ada(10)).context()).toEqual(ada(20));
    identities.release(identity);
    expect(identities.of(ada(10)).context()).toEqual(ada(10));
    // What is renewed where nothing runs is nobody's.
    identities.renewed(ada(50, 's9'));
    expect(identities.of(ada(10, 's9')).context()).toEqual(ada(10, 's9'));
  });
});

test('public streams travel with no one’s credentials', () => {
  const { context, key } = createStreamIdentities().everybody;
  expect(key).toBe('');
  expect(context()).toEqual({
    caller: { kind: 'anonymous' },
    client: '',
    authorization: undefined,
    correlationId: '',
    userAgent: undefined,
    tick: undefined,
  });
});
