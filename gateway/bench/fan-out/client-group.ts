import { setTimeout as wait } from 'node:timers/promises';
import { createHistogram, record, type Histogram } from '../processes/histogram.ts';
import { openSubscription, type ClientTransport, type OpenSubscription } from './open-subscription.ts';
import type { ClientOperation } from './operations.ts';
import { nextTick } from './tick-in-message.ts';
import { amountAt } from './gold-prices.ts';
import { wallClock } from './wall-clock.ts';

export type Subscribing = { port: number; transport: ClientTransport; operation: ClientOperation };

/** What some clients have received since the mark. */
export type Received = {
  messages: number;
  bytes: number;
  /** From the instant of the tick to the client's reading it. */
  latency: Histogram;
  /** Ticks that a client has not received although it has received a later one. */
  missing: number;
  /** Ticks that came again, or behind a later one. */
  disordered: number;
  /** Of the messages that were looked at as a whole, those with a product's price of another tick. */
  mismatched: number;
  /** Why subscriptions have ended, and how many for each reason. */
  ended: Record<string, number>;
  /** Of the last message, by the wall clock. */
  lastAt: number;
};

type Client = { subscription: OpenSubscription; last: number; isOpen: boolean };

/** Clients that join at a time; more would only wait in the server's queue. */
const joinAtOnce = 50;
const joinTimeoutMs = 60_000;
/** One message of so many is read as a whole; to read all would cost more than to send them. */
const lookAtEach = 97;

/** Some clients that are counted together. */
export function createClientGroup() {
  const clients: Client[] = [];
  let received = nothing();

  function open(to: Subscribing): Promise<Client> {
    const { promise, resolve, reject } = Promise.withResolvers<Client>();
    const onMessage = (bytes: Buffer, start: number, end: number) => {
      let tick = nextTick(bytes, start, end);
      if (!tick && bytes.indexOf('"errors"', start) >= 0)
        onEnd(bytes.toString('utf8', start, Math.min(end, start + 300)));
      for (; tick; tick = nextTick(bytes, tick.position, end)) onTick(tick.sequence, tick.madeAt, end - start);
      if (received.messages % lookAtEach === 1 && !isOfOneTick(bytes.toString('utf8', start, end)))
        received.mismatched += 1;
    };
    const onTick = (sequence: number, madeAt: number, bytes: number) => {
      const { last } = client;
      if (last === 0) resolve(client);
      else if (sequence <= last) return void (received.disordered += 1);
      else received.missing += sequence - last - 1;
      client.last = sequence;
      received.messages += 1;
      received.bytes += bytes;
      received.lastAt = wallClock();
      record(received.latency, received.lastAt - madeAt);
    };
    const onEnd = (reason: string) => {
      client.isOpen = false;
      received.ended[reason] = (received.ended[reason] ?? 0) + 1;
      reject(new Error(reason));
    };
    const client: Client = { subscription: openSubscription(to, { onMessage, onEnd }), last: 0, isOpen: true };
    const timer = setTimeout(() => reject(new Error('a client has received nothing in a minute')), joinTimeoutMs);
    return promise.finally(() => clearTimeout(timer));
  }

  return {
    /** Opens them all. @returns when each has received its first message; throws when one could not */
    async join(all: Subscribing[], isPaused: boolean): Promise<void> {
      for (let position = 0; position < all.length; position += joinAtOnce) {
        const joined = await Promise.all(all.slice(position, position + joinAtOnce).map(open));
        clients.push(...joined);
        if (isPaused) for (const { subscription } of joined) subscription.pause();
      }
    },
    mark(): void {
      received = nothing();
    },
    /** Waits until all have the tick, or nothing has arrived for so long. */
    async haveAll(sequence: number, giveUpMs: number): Promise<void> {
      let [messages, changedAt] = [-1, performance.now()];
      while (clients.some(({ last, isOpen }) => isOpen && last < sequence)) {
        if (received.messages !== messages) [messages, changedAt] = [received.messages, performance.now()];
        if (performance.now() - changedAt > giveUpMs) return;
        await wait(20);
      }
    },
    /** @param last what should have arrived: what has not is missing */
    received(last: number): Received {
      const behind = clients.reduce((sum, client) => sum + Math.max(0, last - client.last), 0);
      return { ...received, missing: received.missing + behind };
    },
    /** @returns how many they were */
    leave(): number {
      const all = clients.splice(0);
      for (const { subscription } of all) subscription.close();
      return all.length;
    },
  };
}

function nothing(): Received {
  const latency = createHistogram();
  return { messages: 0, bytes: 0, latency, missing: 0, disordered: 0, mismatched: 0, ended: {}, lastAt: 0 };
}

/** Whether all that a message is joined with is of the tick of its price; so where it is joined with nothing. */
function isOfOneTick(message: string): boolean {
  const sequence = Number(/"sequence":"(\d+)"/.exec(message)?.[1]);
  return [...message.matchAll(/"amount":"([^"]*)"/g)].every(([, amount]) => amount === amountAt(sequence));
}
