import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import type { Caller } from '#shared/caller.ts';

/** Whom limits count: the user, wherever connected, or the address of somebody who is not signed in. */
export function clientKey(caller: Caller, address: string): string {
  return caller.kind === 'user' ? `user ${caller.userId}` : `address ${address}`;
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
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [front = '', back] = address.split('%')[0]!.split('::');
  const groups = front === '' ? [] : front.split(':');
  const behind = back ? back.split(':') : [];
  while (back !== undefined && groups.length + behind.length < 8) groups.push('0');
  return [...groups, ...behind]
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
