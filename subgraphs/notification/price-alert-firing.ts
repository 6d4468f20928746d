import { pricePerUnit } from '#shared/weight.ts';
import { midOf, type Tick } from '#shared/ticks/tick.ts';
import { notifyAll } from './notification-service.ts';
import type { AlertMetrics } from './price-alert-metrics.ts';
import type { FiredAlert, PriceAlertWatchRepository } from './price-alert-watch-repository.ts';
import type { WriteChanges } from './price-alert-watch.ts';

/** Digits after the point of the price in a message, rounded half-even. */
const shownDecimals = 4;

/**
 * Writes what a tick has done, and in the same transaction tells the owners of alerts that have fired: an alert and a tick
 * make one message, whoever judges the tick, and how often.
 * @param options.now epoch milliseconds
 */
export function createWriteChanges(options: {
  repository: PriceAlertWatchRepository;
  metrics: Pick<AlertMetrics, 'fired'>;
  now: () => number;
}): WriteChanges {
  const { repository, metrics } = options;
  return async (tick, changes) => {
    const now = new Date(options.now());
    let firedCount = 0;
    const written = await repository.write(tick, changes, {
      now,
      async onFired(transaction, fired) {
        firedCount = fired.length;
        await notifyAll(
          transaction,
          fired.map((alert) => ({
            recipientId: alert.userId,
            dedupeKey: `alert-${alert.id}-${tick.sequence}`,
            category: 'PRICE_ALERT',
            kind: 'price-alert',
            data: messageOf(alert, tick),
            ...(alert.channels.length > 0 && { channels: alert.channels }),
            now,
          })),
        );
      },
    });
    metrics.fired.inc({ symbol: tick.symbol }, firedCount);
    return written;
  };
}

function messageOf({ id, condition, threshold, unit, fineness, note }: FiredAlert, tick: Tick) {
  return {
    alertId: id,
    symbol: tick.symbol,
    condition,
    threshold,
    unit,
    fineness,
    note,
    price: pricePerUnit(midOf(tick), unit, fineness).toDecimalPlaces(shownDecimals).toFixed(),
    sequence: tick.sequence,
    time: new Date(tick.time).toISOString(),
  };
}
