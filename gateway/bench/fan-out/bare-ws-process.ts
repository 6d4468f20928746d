import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execute, parse } from 'graphql';
import { WebSocketServer, type WebSocket } from 'ws';
import { readApiSchema } from './api-schema.ts';
import { answerCalls, sayReady } from '../processes/calls.ts';
import { createFeed, type FeedTick, type Pace } from './feed.ts';
import { amountAt, joinedPriceEvent } from './gold-prices.ts';
import type { ClientOperation } from './operations.ts';

// The least that fan-out over WebSockets costs: one buffer a tick, prepared once, given to every socket of `ws`. It knows
// the protocol no further than clients need to be served: the operation is the same for all and not looked at.

const feed = createFeed();
const subscribers = new Set<WebSocket>();
let prepare: (tick: FeedTick) => Buffer;

feed.onTick((tick) => {
  const message = prepare(tick);
  for (const subscriber of subscribers) subscriber.send(message, { binary: false });
});

/** Makes of the answer to the first event the template of all others. */
async function serve({ query, variables: variableValues }: ClientOperation): Promise<void> {
  const first = feed.latest();
  const rootValue = joinedPriceEvent(first);
  const payload = await execute({ schema: readApiSchema(), document: parse(query), variableValues, rootValue });
  const template = JSON.stringify({ id: randomUUID(), type: 'next', payload });
  const { sequence, mid } = rootValue.priceUpdated;
  prepare = (tick) =>
    Buffer.from(
      template
        .replaceAll(amountAt(first.sequence), amountAt(tick.sequence))
        .replace(`"${sequence}"`, `"${tick.sequence}"`)
        .replace(mid, tick.madeAt.toFixed(3)),
    );
}

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, skipUTF8Validation: true });
sockets.on('connection', (socket) => {
  socket.on('close', () => subscribers.delete(socket));
  socket.on('message', (data: Buffer) => {
    if (data.includes('"connection_init"')) return socket.send('{"type":"connection_ack"}');
    if (!data.includes('"subscribe"')) return;
    subscribers.add(socket);
    socket.send(prepare(feed.latest()), { binary: false });
  });
});
server.listen(0, '127.0.0.1', () => {
  answerCalls({ serve, tick: (pace: Pace) => feed.run(pace) });
  sayReady((server.address() as AddressInfo).port);
});
