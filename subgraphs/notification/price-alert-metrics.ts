import { counter, durationHistogram, gauge, type Registry } from '#shared/metrics.ts';

export type AlertMetrics = ReturnType<typeof createAlertMetrics>;

/** What is counted of price alerts. `watched` is asked for when the metrics are read: by symbol, how many, and how far. */
export function createAlertMetrics(
  registry: Registry,
  watched: () => { symbol: string; size: number; position: number }[],
) {
  gauge(registry, 'gold_alerts_watched', 'Price alerts that this process watches', {
    labelNames: ['symbol'],
    collect: (metric) => watched().forEach(({ symbol, size }) => metric.set({ symbol }, size)),
  });
  gauge(registry, 'gold_alert_last_sequence', 'Sequence of the last tick that was judged for all alerts', {
    labelNames: ['symbol'],
    collect: (metric) => watched().forEach(({ symbol, position }) => metric.set({ symbol }, position)),
  });
  return {
    fired: counter(registry, 'gold_alerts_fired_total', 'Price alerts that have fired', ['symbol']),
    judged: durationHistogram(
      registry,
      'gold_alert_tick_seconds',
      'Time to judge a tick for all alerts of its symbol, writing what has fired included',
    ),
  };
}
