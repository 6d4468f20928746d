import { randomUUID } from 'node:crypto';
import type { UnsequencedTick } from '../ticks/tick.ts';

/** A tick with sensible values where none are given. */
export function aTick(values: Partial<UnsequencedTick> = {}): UnsequencedTick {
  const time = values.time ?? Date.parse('2026-11-20T10:00:00Z');
  const bid = values.bid ?? '4084.00';
  const ask = values.ask ?? '4084.60';
  return {
    symbol: 'XAU-USD',
    bid,
    ask,
    time,
    receivedAt: time,
    quality: 'DEGRADED',
    sources: [{ name: 'test', bid, ask, time }],
    ...values,
  };
}

/** What a browser gives to be sent push messages: a new endpoint each time, of nobody's push service. */
export function aPushSubscription() {
  return {
    endpoint: `https://push.example/${randomUUID()}`,
    p256dh: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM',
    auth: 'tBHItJI5svbpez7KI4CCXg',
  };
}
