import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { readApiSchema } from './api-schema.ts';
import { answerCalls, sayReady } from '../processes/calls.ts';
import { createFeed, type Pace } from './feed.ts';
import { joinedPriceEvent } from './gold-prices.ts';

// graphql-ws as its documentation has it, without any gateway: every subscription executes each event for itself, from
// memory, with nothing to fetch, and gives its client the same bytes as the gateway.

const feed = createFeed();
const schema = readApiSchema();
let current = joinedPriceEvent(feed.latest());
// Before the subscriptions', so that one event is shared by all, as it is behind a usual publish and subscribe.
feed.onTick((tick) => (current = joinedPriceEvent(tick)));
schema.getSubscriptionType()!.getFields().priceUpdated!.subscribe = prices;

type PriceEvent = typeof current;

/** The current price at once, then every one that is made. */
function prices(): AsyncIterableIterator<PriceEvent, undefined, void> {
  const queue = [current];
  let wake = () => {};
  const silence = feed.onTick(() => {
    queue.push(current);
    wake();
  });
  return {
    async next() {
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return { done: false, value: queue.shift()! };
    },
    async return() {
      silence();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const server = createServer();
useServer({ schema }, new WebSocketServer({ server, perMessageDeflate: false, skipUTF8Validation: true }));
server.listen(0, '127.0.0.1', () => {
  answerCalls({ serve: () => undefined, tick: (pace: Pace) => feed.run(pace) });
  sayReady((server.address() as AddressInfo).port);
});
