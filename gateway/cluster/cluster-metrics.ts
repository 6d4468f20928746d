import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import type { Registry } from '#shared/metrics.ts';
import { inTime } from '#shared/waiting.ts';

/** What `/metrics` is answered from. */
export type MetricsText = Pick<Registry, 'contentType' | 'metrics'>;

type Question = { type: 'gold:metrics?'; id: number };
type Answer = { type: 'gold:metrics!'; id: number; text: string | undefined };

/** Milliseconds that all workers together have to tell theirs. */
const waitMs = 6_000;

/**
 * The metrics of all workers of a cluster, whichever is asked: the sum, for what was not said to be summed in another way
 * (`aggregator` of prom-client). In a process of its own they are the registry's. What a worker has counted goes with it
 * when it ends, which Prometheus takes for a reset of the counter.
 */
export function metricsOfAll(registry: Registry): MetricsText {
  if (!cluster.isWorker) return registry;
  AggregatorRegistry.setRegistries([registry]);
  // Only made because it answers the primary's questions from then on.
  new AggregatorRegistry();
  const waiting = new Map<number, (text: string | undefined) => void>();
  let asked = 0;
  process.on('message', (message: Answer) => {
    if (message.type === 'gold:metrics!') waiting.get(message.id)?.(message.text);
  });
  return {
    contentType: registry.contentType,
    async metrics() {
      const id = (asked += 1);
      const answer = new Promise<string | undefined>((resolve) => waiting.set(id, resolve));
      process.send!({ type: 'gold:metrics?', id } satisfies Question);
      const text = await inTime(answer, waitMs).finally(() => waiting.delete(id));
      if (text === undefined) throw new Error('the workers did not tell their metrics');
      return text;
    },
  };
}

/** In the primary: answers its workers what they ask by `metricsOfAll`. */
export function answerMetricsOfAll(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', (worker: Worker, { type, id }: Question) => {
    if (type !== 'gold:metrics?') return;
    const answer = (text: string | undefined) => {
      if (worker.isConnected()) worker.send({ type: 'gold:metrics!', id, text } satisfies Answer);
    };
    // It fails when a worker goes while it is asked.
    all.clusterMetrics().then(answer, () => answer(undefined));
  });
}
