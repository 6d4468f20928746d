import { EventEmitter } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { createMetrics } from '#shared/metrics.ts';
import { eventually } from '#shared/testing/eventually.ts';
import { createBacklogs, type Outlet } from './backlog.ts';
import type { StreamMessage } from '../stream-message.ts';
import { createClientMetrics } from './client-metrics.ts';

/** A connection that takes as many messages as it is told to, and then none until `drain`. */
function aConnection() {
  const events = new EventEmitter();
  const sent: string[] = [];
  let room = Infinity;
  return {
    sent,
    get writableNeedDrain() {
      return room <= 0;
    },
    once: (event: 'drain', listener: () => void) => events.once(event, listener),
    off: (event: 'drain', listener: () => void) => events.off(event, listener),
    listenerCount: (event: 'drain') => events.listenerCount(event),
    take(name: string) {
      sent.push(name);
      room -= 1;
    },
    fill: () => void (room = 0),
    drain(next = Infinity) {
      room = next;
      events.emit('drain');
    },
  };
}

function aMessage(name: string, key = 'XAU-USD', bytes = 10): StreamMessage {
  return { body: Buffer.from(name.padEnd(bytes)), key, sequence: undefined };
}

function setUp({ limitBytes = 1_000, limitMs = 10_000 } = {}) {
  const metrics = createClientMetrics(createMetrics('test'));
  const connection = aConnection();
  let slow = 0;
  const backlog = createBacklogs({ limitBytes, limitMs, metrics }).open(connection, () => (slow += 1));
  const outlet = (isConflatable: boolean, name = ''): Outlet => ({
    isConflatable,
    send: ({ body }) => connection.take(name + body.toString().trim()),
  });
  return { backlog, connection, outlet, counts: metrics.messages, slow: () => slow };
}

describe('the backlog of a client', () => {
  test('keeps nothing for a client that takes in what it is sent', () => {
    const { backlog, connection, outlet, counts } = setUp();
    const prices = outlet(true);
    for (const name of ['1', '2', '3']) backlog.offer(prices, aMessage(name));
    expect(connection.sent).toEqual(['1', '2', '3']);
    expect(connection.listenerCount('drain')).toBe(0);
    expect(counts).toEqual({ sent: 3, sentBytes: 30, conflated: 0, dropped: 0, backlogBytes: 0 });
  });

  test('gives a slow client the newest message of each key, in the order of the events', () => {
    const { backlog, connection, outlet, counts } = setUp();
    const prices = outlet(true);
    connection.fill();
    backlog.offer(prices, aMessage('gold 1', 'XAU-USD'));
    backlog.offer(prices, aMessage('silver 1', 'XAG-USD'));
    backlog.offer(prices, aMessage('gold 2', 'XAU-USD'));
    backlog.offer(prices, aMessage('gold 3', 'XAU-USD'));
    expect(counts).toMatchObject({ sent: 0, conflated: 2, backlogBytes: 20 });
    connection.drain();
    expect(connection.sent).toEqual(['silver 1', 'gold 3']);
    expect(counts).toMatchObject({ sent: 2, conflated: 2, dropped: 0, backlogBytes: 0 });
  });

  test('gives a slow client every message in order where each counts', () => {
    const { backlog, connection, outlet } = setUp();
    const orders = outlet(false);
    connection.fill();
    for (const name of ['placed', 'paid', 'shipped']) backlog.offer(orders, aMessage(name));
    connection.drain(1);
    backlog.offer(orders, aMessage('delivered'));
    expect(connection.sent).toEqual(['placed']);
    connection.drain(2);
    connection.drain();
    expect(connection.sent).toEqual(['placed', 'paid', 'shipped', 'delivered']);
  });

  test('replaces nothing that has been sent, and nothing of another operation', () => {
    const { backlog, connection, outlet } = setUp();
    const [one, two] = [outlet(true, 'one: '), outlet(true, 'two: ')];
    connection.fill();
    backlog.offer(one, aMessage('1'));
    backlog.offer(two, aMessage('1'));
    connection.drain(1);
    backlog.offer(one, aMessage('2'));
    connection.drain();
    expect(connection.sent).toEqual(['one: 1', 'two: 1', 'one: 2']);
  });

  test('gives up a client once that lets more bytes wait than are allowed', () => {
    const { backlog, connection, outlet, counts, slow } = setUp({ limitBytes: 100 });
    const orders = outlet(false);
    connection.fill();
    for (let count = 0; count < 12; count += 1) backlog.offer(orders, aMessage(String(count)));
    expect(slow()).toBe(1);
    expect(counts).toMatchObject({ sent: 0, dropped: 12, backlogBytes: 0 });
    connection.drain();
    expect(connection.sent).toEqual([]);
  });

  test('gives up a client that takes in nothing for longer than is allowed', async () => {
    const { backlog, connection, outlet, counts, slow } = setUp({ limitMs: 50 });
    connection.fill();
    backlog.offer(outlet(true), aMessage('1'));
    await eventually(() => expect(slow()).toBe(1));
    expect(counts).toMatchObject({ dropped: 1, backlogBytes: 0 });
    expect(connection.listenerCount('drain')).toBe(0);
  });

  test('bears with a client that is slow and yet takes in something from time to time', async () => {
    const { backlog, connection, outlet, slow } = setUp({ limitMs: 60 });
    const orders = outlet(false);
    connection.fill();
    for (let count = 0; count < 20; count += 1) backlog.offer(orders, aMessage(String(count)));
    const began = performance.now();
    await eventually(() => {
      connection.drain(1);
      expect(performance.now() - began).toBeGreaterThan(150);
    });
    expect(slow()).toBe(0);
    backlog.close();
  });

  test('drops what waits for an operation that is over, and counts it', () => {
    const { backlog, connection, outlet, counts } = setUp();
    const [gone, kept] = [outlet(true, 'gone: '), outlet(false, 'kept: ')];
    connection.fill();
    for (const one of [gone, kept]) backlog.offer(one, aMessage('1'));
    backlog.forget(gone);
    connection.drain();
    expect(connection.sent).toEqual(['kept: 1']);
    expect(counts).toMatchObject({ sent: 1, dropped: 1, backlogBytes: 0 });
  });

  test('does not give up a client that is full while nothing waits for it', async () => {
    const { backlog, connection, outlet, slow } = setUp({ limitMs: 30 });
    const orders = outlet(false);
    connection.fill();
    backlog.offer(orders, aMessage('1'));
    backlog.forget(orders);
    const began = performance.now();
    await eventually(() => expect(performance.now() - began).toBeGreaterThan(80));
    expect(slow()).toBe(0);
    expect(connection.listenerCount('drain')).toBe(0);
  });

  test('says when everything of an operation has been sent, which may be now', () => {
    const { backlog, connection, outlet } = setUp();
    const orders = outlet(false);
    backlog.whenSent(orders, () => connection.take('end of nothing'));
    connection.fill();
    backlog.offer(orders, aMessage('1'));
    backlog.whenSent(orders, () => connection.take('end'));
    expect(connection.sent).toEqual(['end of nothing']);
    connection.drain();
    expect(connection.sent).toEqual(['end of nothing', '1', 'end']);
  });

  test('lets go of everything when the connection is over', () => {
    const { backlog, connection, outlet, counts, slow } = setUp();
    connection.fill();
    backlog.offer(outlet(false), aMessage('1'));
    backlog.close();
    backlog.offer(outlet(false), aMessage('2'));
    expect(connection.listenerCount('drain')).toBe(0);
    expect(counts).toMatchObject({ sent: 0, dropped: 2, backlogBytes: 0 });
    expect(slow()).toBe(0);
  });
});
