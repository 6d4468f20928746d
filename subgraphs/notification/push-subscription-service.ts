import { isIP } from 'node:net';
import { requireOwner, requireUser, type Caller } from '#shared/caller.ts';
import type { SqlClient } from '#shared/database.ts';
import { invalidInput, orRefusal, type InputIssue, type InvalidInputError } from '#shared/refusal.ts';
import { isUuid } from '#shared/uuid.ts';
import { createPushSubscriptionRepository, type PushSubscription } from './push-subscription-repository.ts';

type Registration = { endpoint: string; p256dh: string; auth: string };
type Registered = PushSubscription & { __typename: 'PushSubscription' };

export type PushSubscriptionService = {
  /** The caller's own browsers. @throws DomainError UNAUTHENTICATED or FORBIDDEN */
  subscriptionsOf(caller: Caller, userId: string): Promise<PushSubscription[]>;
  /** Registers a browser for the caller. @throws DomainError UNAUTHENTICATED */
  register(caller: Caller, registration: Registration): Promise<Registered | InvalidInputError>;
  /** Removes a browser of the caller's. @returns whether there was one @throws DomainError UNAUTHENTICATED */
  unregister(caller: Caller, id: string): Promise<boolean>;
};

const longestEndpoint = 2_000;
/** Browsers that one user has at most; the oldest makes room for a new one. */
const mostSubscriptions = 20;

/** Browsers that take push messages (W3C Push API). */
export function createPushSubscriptionService({ database }: { database: SqlClient }): PushSubscriptionService {
  const subscriptions = createPushSubscriptionRepository(database);
  return {
    async subscriptionsOf(caller, userId) {
      requireOwner(caller, userId);
      return subscriptions.of(userId);
    },
    register: (caller, { endpoint, p256dh, auth }) =>
      orRefusal<Registered, InvalidInputError>(async () => {
        const { userId } = requireUser(caller);
        const [first, ...more] = issuesOf({ endpoint, p256dh, auth });
        if (first) throw invalidInput(first, ...more);
        const saved = await subscriptions.save(userId, { endpoint, p256dh, auth }, mostSubscriptions);
        return { __typename: 'PushSubscription', ...saved };
      }),
    async unregister(caller, id) {
      const { userId } = requireUser(caller);
      return isUuid(id) && subscriptions.removeOwn(userId, id);
    },
  };
}

/** RFC 8291: an uncompressed point of P-256, and 16 random bytes. */
function issuesOf({ endpoint, p256dh, auth }: Registration): InputIssue[] {
  return [
    ...(isPushEndpoint(endpoint)
      ? []
      : [issue('endpoint', `must be the https URL of a push service, at most ${longestEndpoint} characters`)]),
    ...(hasBytes(p256dh, 65) ? [] : [issue('p256dh', 'must be 65 bytes, base64url')]),
    ...(hasBytes(auth, 16) ? [] : [issue('auth', 'must be 16 bytes, base64url')]),
  ];
}

/** This system will send requests there: nobody may point it at an address inside, so only public names are taken. */
function isPushEndpoint(endpoint: string): boolean {
  if (endpoint.length > longestEndpoint || !URL.canParse(endpoint)) return false;
  const { protocol, hostname, username, port } = new URL(endpoint);
  const isPublicName = hostname.includes('.') && !/\.(local|localhost|internal|home\.arpa)\.?$/.test(hostname);
  const isAddress = hostname.startsWith('[') || isIP(hostname) !== 0;
  return protocol === 'https:' && username === '' && port === '' && isPublicName && !isAddress;
}

function hasBytes(text: string, length: number): boolean {
  return /^[\w-]+={0,2}$/.test(text) && Buffer.from(text, 'base64url').length === length;
}

function issue(field: string, message: string): InputIssue {
  return { path: ['input', field], message };
}
