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

/** A histogram of durations in seconds, created once and found again by name. */
export function durationHistogram<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: L[] = [],
): Histogram<L> {
  const buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  return histogram(registry, name, help, { labelNames, buckets });
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
