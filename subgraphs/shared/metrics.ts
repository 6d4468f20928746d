import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type { Registry };

/** A registry of one process's metrics, with Node's own (CPU, memory, event loop lag) in it. Names begin with `gold_`. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** A counter, created once and found again by name. */
export function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: L[] = [],
): Counter<L> {
  return (
    (registry.getSingleMetric(name) as Counter<L> | undefined) ??
    new Counter({ name, help, labelNames, registers: [registry] })
  );
}

/** A counter of what is counted elsewhere, as a plain number: for what happens too often to count here. Read when it is scraped. */
export function countedElsewhere(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

/** The same with labels: `read` gives each combination of them and its number. */
export function countedByLabels<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: L[],
  read: () => Iterable<readonly [labels: Record<L, string>, count: number]>,
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, count] of read()) this.inc(labels, count);
    },
  });
}

/** A gauge, created once and found again by name; `collect` reads its value when it is scraped. */
export function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  options: { labelNames?: L[]; collect?: (gauge: Gauge<L>) => void | Promise<void> } = {},
): Gauge<L> {
  const existing = registry.getSingleMetric(name) as Gauge<L> | undefined;
  if (existing) return existing;
  const { collect, labelNames = [] } = options;
  return new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    ...(collect && {
      collect(this: Gauge<L>) {
        return collect(this);
      },
    }),
  });
}

/** Upper bounds, in seconds, that tell durations from half a millisecond to ten seconds apart. */
export const durationBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A histogram of durations in seconds, created once and found again by name. */
export function durationHistogram<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: L[] = [],
): Histogram<L> {
  return histogram(registry, name, help, { labelNames, buckets: durationBuckets });
}

/** A histogram, created once and found again by name. @param options.buckets the upper bounds of its buckets, ascending */
export function histogram<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  options: { labelNames?: L[]; buckets: number[] },
): Histogram<L> {
  const { labelNames = [], buckets } = options;
  return (
    (registry.getSingleMetric(name) as Histogram<L> | undefined) ??
    new Histogram({ name, help, labelNames, buckets, registers: [registry] })
  );
}

/**
 * A histogram of what happens tens of thousands of times a second: an observation is two additions, where prom-client would
 * look up the labels each time. It is created once; `histogram` does not find it again.
 * @param buckets the upper bounds of its buckets, ascending
 * @returns gives what observes under some labels, to be kept by who observes
 */
export function plainHistogram<L extends string = never>(
  registry: Registry,
  name: string,
  help: string,
  buckets: readonly number[],
): (labels: Record<L, string>) => (value: number) => void {
  /** What was observed under some labels: how often in each bucket, and beyond the last one. */
  type Series = { labels: Record<L, string>; counts: number[]; sum: number };
  const series = new Map<string, Series>();

  function valuesOf({ labels, counts, sum }: Series) {
    let count = 0;
    const values = [...buckets, '+Inf'].map((le, index) => {
      count += counts[index]!;
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
    });
    return [
      ...values,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }

  const metric = {
    name,
    get: async () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...series.values()].flatMap(valuesOf),
    }),
    reset() {
      for (const own of series.values()) {
        own.counts.fill(0);
        own.sum = 0;
      }
    },
  };
  // The registry asks nothing else of a metric.
  registry.registerMetric(metric as unknown as Histogram);

  return (labels) => {
    const key = JSON.stringify(labels);
    const own = series.get(key) ?? { labels, counts: Array<number>(buckets.length + 1).fill(0), sum: 0 };
    series.set(key, own);
    return (value) => {
      let bucket = 0;
      while (bucket < buckets.length && value > buckets[bucket]!) bucket += 1;
      own.counts[bucket]! += 1;
      own.sum += value;
    };
  };
}
