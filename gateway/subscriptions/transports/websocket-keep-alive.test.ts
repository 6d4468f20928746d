import { EventEmitter } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import type { WebSocketClient } from './websocket-client.ts';
import { createKeepAlive } from './websocket-keep-alive.ts';

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

/** A client whose system holds so much for it that it comes to no ping. */
function aBusyClient(onPing: () => void) {
  const seen = { pings: 0, isCut: false };
  const socket = Object.assign(new EventEmitter(), {
    ping() {
      seen.pings += 1;
      onPing();
    },
    terminate: () => void (seen.isCut = true),
  });
  const client = {
    socket,
    connection: Object.assign(new EventEmitter(), { writableNeedDrain: false }),
    backlog: { close: () => undefined },
    operations: new Map(),
    isAnswering: true,
    blockedRounds: 0,
    held: undefined,
    endedBy: undefined,
  } as unknown as WebSocketClient;
  return { client, seen };
}

test('a client that takes in what it had no room for is there, although it does not answer pings', async () => {
  const keepAlive = createKeepAlive({ intervalMs: 50, blockedMs: 1_000 });
  let isReading = true;
  const { client, seen } = aBusyClient(() => isReading && client.connection.emit('drain'));
  stops.push(keepAlive.add(client));
  await eventually(() => expect(seen.pings).toBe(4));
  expect(seen.isCut).toBe(false);
  isReading = false;
  await eventually(() => expect(seen.isCut).toBe(true));
  expect(client.endedBy).toBe('unanswered');
});

test('a client that is not read from, for it has to wait, is not asked', async () => {
  const keepAlive = createKeepAlive({ intervalMs: 50, blockedMs: 1_000 });
  const { client, seen } = aBusyClient(() => undefined);
  const other = aBusyClient(() => other.client.connection.emit('drain'));
  client.isAnswering = false;
  client.held = { messages: [], timer: setTimeout(() => undefined, 0) };
  for (const each of [client, other.client]) stops.push(keepAlive.add(each));
  await eventually(() => expect(other.seen.pings).toBe(4));
  expect(seen).toEqual({ pings: 0, isCut: false });
});
