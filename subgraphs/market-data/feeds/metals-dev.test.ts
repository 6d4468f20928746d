import { expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createMetalsDev } from './metals-dev.ts';
import { fastPolling, providerKey } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';
import { useProvider } from './test/use-provider.ts';

const now = Date.parse('2025-11-19T01:44:01.865Z');
const bed = useProvider(now);

function start({ apiKey = providerKey, logger = keptLog().logger } = {}) {
  bed.feed = createMetalsDev({
    ...fastPolling,
    url: `${bed.server.url}/metals-dev`,
    symbols: ['XAU-USD'],
    apiKey,
    logger,
  });
  return receive(bed.feed);
}

test('metals.dev says bid and ask, for a key in the address', async () => {
  expect((await (await start()).until(1))[0]).toEqual({
    source: 'metals-dev',
    symbol: 'XAU-USD',
    bid: '4065.380',
    ask: '4065.86',
    time: now,
  });
  expect(Object.fromEntries(bed.server.asked[0]!.query)).toEqual({
    api_key: providerKey,
    metal: 'gold',
    currency: 'USD',
  });
});

test('what it refuses is not asked again for an hour, and the key is not shown', async () => {
  const log = keptLog();
  const { quotes } = await start({ apiKey: 'wrong-key', logger: log.logger });
  await eventually(() => expect(bed.feed.health().ok).toBe(false));
  expect(bed.feed.health().detail).toBe('XAU-USD: refused with error_code 1101: no account for [redacted]');
  expect(log.lines).toMatchObject([{ code: 'REFUSED', waitMs: 3_600_000 }]);
  expect(JSON.stringify(log.lines)).not.toContain('wrong-key');
  expect(quotes).toEqual([]);
  expect(bed.server.asked).toHaveLength(1);
});

test('a price of another unit is not taken', async () => {
  bed.server.faults.push({
    body: '{"status":"success","timestamp":"2025-11-19T01:44:01.865Z","currency":"USD","unit":"g","metal":"gold","rate":{"ask":130.73,"bid":130.70}}',
  });
  expect((await (await start()).until(1))[0]).toMatchObject({ bid: '4065.380' });
});
