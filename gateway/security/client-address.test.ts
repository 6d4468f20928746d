import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { addressOf } from './client-address.ts';

const request = (remoteAddress: string, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

describe('the address of a client', () => {
  test('is that of its connection where no proxy is trusted, whatever it says of itself', () => {
    expect(addressOf(request('203.0.113.7', '198.51.100.1'), 0)).toBe('203.0.113.7');
  });

  test('is what the outermost proxy of ours has seen, whatever the client wrote in front', () => {
    expect(addressOf(request('10.0.0.1', '6.6.6.6, 203.0.113.7'), 1)).toBe('203.0.113.7');
    expect(addressOf(request('10.0.0.1', '6.6.6.6, 203.0.113.7, 10.0.0.9'), 2)).toBe('203.0.113.7');
  });

  test.each([
    ['is missing', undefined],
    ['names fewer proxies than there are', '203.0.113.7'],
    ['holds no addresses', 'unknown, unknown'],
  ])('is that of its connection where the header %s', (_name, header) => {
    expect(addressOf(request('10.0.0.1', header), 2)).toBe('10.0.0.1');
  });

  test.each([
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:FFFF:cb00:7107', '203.0.113.7'],
    ['::ffff:0:7', '0.0.0.7'],
    ['2001:db8::203.0.113.7', '2001:db8:0:0'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:0db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s counts as %s', (given, counted) => {
    expect(addressOf(request(given), 0)).toBe(counted);
  });

  test.each([
    ['203.0.113.7:4711', '203.0.113.7'],
    ['[2001:db8:1:2::9]:4711', '2001:db8:1:2'],
  ])('is found where a proxy writes %s', (given, counted) => {
    expect(addressOf(request('10.0.0.1', given), 1)).toBe(counted);
  });
});
