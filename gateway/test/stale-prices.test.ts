import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WiredProcess } from '#shared/run-process.ts';
import { aTick } from '#shared/testing/builders.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import type { TickWriter } from '#shared/ticks/tick-writer.ts';
import { createMarketDataBed, type MarketDataBed } from '../../subgraphs/market-data/test/market-data-processes.ts';
import { readConfig } from '../config.ts';
import { LivePriceDocument } from '../generated/operations.ts';
import { wire } from '../wiring.ts';

let bed: MarketDataBed;
let writer: TickWriter;
let server: Awaited<ReturnType<MarketDataBed['startServer']>>;
let gateway: WiredProcess;
let client: GraphqlClient;
const startServer = (port: string) => bed.startServer({ PORT: port, STALE_AFTER_MS: '2000' });

beforeAll(async () => {
  bed = await createMarketDataBed();
  writer = await bed.openWriter();
  server = await startServer('0');
  gateway = await wire(readConfig({ PORT: '0', LOG_LEVEL: 'silent', MARKET_DATA_URL: `${server.url}/graphql` }));
  client = createGraphqlClient(`http://127.0.0.1:${await gateway.start()}/graphql`);
});
afterAll(async () => {
  await client.close();
  await gateway.stop();
  await bed.close();
});

const publish = (count: number) =>
  writer.publish(Array.from({ length: count }, () => aTick({ receivedAt: Date.now() })));

/** A server that takes long to start sends prices that are stale already. */
const withoutAge = (told: string) => told.replace(' stale', '');

describe('a price that becomes stale, through the gateway', () => {
  test('is told again, and a lost market-data costs neither a price nor repeats more than that', async () => {
    await publish(1);
    const events = client.subscribe(LivePriceDocument, { symbol: 'XAU-USD' });
    const next = async () => {
      const { data, extensions, errors } = await events.next();
      const { sequence, isStale, instrument } = data!.priceUpdated;
      // Neither a gap, nor an error of what is joined.
      expect({ extensions, errors, instrument }).toEqual({ instrument: { symbol: 'XAU-USD' } });
      return `${sequence}${isStale ? ' stale' : ''}`;
    };
    const restart = async (whileItIsAway: () => Promise<unknown>) => {
      const { port } = new URL(server.url);
      await server.stop();
      await whileItIsAway();
      server = await startServer(port);
    };
    expect([await next(), await next()]).toEqual(['1', '1 stale']);
    await restart(() => publish(2));
    expect(withoutAge(await next())).toBe('2');
    const third = await next();
    expect(withoutAge(third)).toBe('3');
    if (third === '3') expect(await next()).toBe('3 stale');

    // A server that does not know what was told says once more that the price is stale, and nothing else.
    await restart(async () => {});
    expect(await next()).toBe('3 stale');
    await publish(1);
    expect(await next()).toBe('4');
    await events.return();
  });
});
