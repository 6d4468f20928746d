import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import type { Caller } from '#shared/caller.ts';

/** Whom limits count: the user, wherever connected, or the address of somebody who is not signed in. */
export function clientKey(caller: Caller, address: string): string {
  return caller.kind === 'user' ? `${userPrefix}${caller.userId}` : `address ${address}`;
}

const userPrefix = 'user ';

/** Whether such a key is that of a user who is signed in. */
export function isUser(client: string): boolean {
  return client.startsWith(userPrefix);
}

/**
 * Where a request comes from. Each proxy appends to `X-Forwarded-For` whom it was asked by, and clients may write in front
 * whatever they like, so only the entry of the outermost proxy that is ours counts. An IPv6 network of 64 bits is one
 * address, since that is what one household gets.
 * @param trustedProxies how many proxies of ours a request passes; with 0 the header is not read
 */
export function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const own = request.socket.remoteAddress ?? '';
  if (trustedProxies === 0) return network(own);
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  const given = withoutPort(forwarded.at(-trustedProxies)?.trim() ?? '');
  return network(isIP(given) ? given : own);
}

/** Some proxies write `203.0.113.7:4711` or `[2001:db8::1]:4711`. */
function withoutPort(given: string): string {
  const bracketed = /^\[(.+)\](:\d+)?$/.exec(given)?.[1];
  return bracketed ?? (/^[\d.]+:\d+$/.test(given) ? given.slice(0, given.indexOf(':')) : given);
}

function network(address: string): string {
  // Of most it is seen at once that they are none of IPv6; what could be one is read with care.
  if (!address.includes(':') || !isIPv6(address)) return address;
  const groups = groupsOf(address);
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return mappedAddress(groups);
  return groups.slice(0, 4).join(':');
}

/** The eight groups of an IPv6 address, in small letters and without leading zeros. */
function groupsOf(address: string): string[] {
  // A URL has one way to write an address, whatever the one that it was given: groups of zeros left out, no IPv4 at its end.
  const written = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [front, behind] = written.split('::').map((part) => (part === '' ? [] : part.split(':')));
  if (!behind) return front!;
  return [...front!, ...Array<string>(8 - front!.length - behind.length).fill('0'), ...behind];
}

/** The IPv4 address that stands in the last two groups of an IPv6 address. */
function mappedAddress(groups: string[]): string {
  const bytes = groups.slice(6).flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]);
  return bytes.join('.');
}
