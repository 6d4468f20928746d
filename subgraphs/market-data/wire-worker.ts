import { randomUUID } from 'node:crypto';
import { createHttpServer } from '#shared/http-server.ts';
import type { WiredProcess } from '#shared/run-process.ts';
import type { Config } from './config.ts';
import { openConnections } from './connections.ts';
import { instrumentsOf } from './domain/instrument.ts';
import { createLeadership } from './ingestion/leadership.ts';
import { createInstrumentRepository } from './instrument-repository.ts';
import {
  createCandleMetrics,
  createFeedMetrics,
  createIngestionMetrics,
  createLeadershipMetrics,
} from './market-data-metrics.ts';
import { beginTerm, type IngestionTerm } from './wire-term.ts';

/** Makes prices and keeps their history, or stands by while another worker does. */
export function wireWorker(config: Config): WiredProcess {
  const base = openConnections(config);
  const { logger, metrics, prisma, redis } = base;
  const instruments = createInstrumentRepository(prisma);
  const ingestionMetrics = createIngestionMetrics(metrics);
  const candleMetrics = createCandleMetrics(metrics);
  const lease = { key: `${config.REDIS_PREFIX}:leader:ticks`, holder: randomUUID() };
  let term: IngestionTerm | undefined;
  const leadership = createLeadership({
    redis,
    lease,
    leaseMs: config.LEADER_LEASE_MS,
    async lead() {
      await instruments.add(config.CURRENCIES.flatMap(instrumentsOf));
      const all = await instruments.all();
      const priced = all.filter(({ currency }) => config.CURRENCIES.includes(currency));
      term = await beginTerm({ config, base, instruments: priced, lease, ingestionMetrics, candleMetrics });
      return term;
    },
    logger,
  });
  const feeds = () => (leadership.isLeading() ? (term?.feeds() ?? []) : []);
  createLeadershipMetrics(metrics, leadership.isLeading);
  createFeedMetrics(metrics, feeds);
  const http = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    metrics,
    checks: { ...base.checks, feeds: async () => checkFeeds(feeds()) },
    onError: (err) => logger.error({ err }, 'request failed'),
  });
  return {
    logger,
    async start() {
      await leadership.start();
      return http.listen();
    },
    async stop() {
      await leadership.stop();
      await http.close();
      await base.close();
    },
  };
}

/** A worker that stands by is ready; one that leads is while any of its feeds can be expected to deliver. */
function checkFeeds(feeds: ReturnType<IngestionTerm['feeds']>): void {
  if (feeds.length === 0 || feeds.some(({ health }) => health.ok)) return;
  throw new Error(feeds.map(({ name, health }) => `${name}: ${health.detail}`).join('; '));
}
