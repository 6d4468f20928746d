import { expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { createJsonHttp } from './json-http.ts';
import { fastPolling } from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';
import { useProvider } from './test/use-provider.ts';

const now = Date.parse('2026-11-20T10:00:00.075Z');
const bed = useProvider(now);

function start(more: Partial<Parameters<typeof createJsonHttp>[0]> = {}) {
  bed.feed = createJsonHttp({
    ...fastPolling,
    url: `${bed.server.url}/dealer`,
    symbol: 'XAU-USD',
    bidPointer: '/bid',
    askPointer: '/ask',
    timePointer: '/at',
    authorization: undefined,
    logger: keptLog().logger,
    ...more,
  });
  return receive(bed.feed);
}

const pointers = { bidPointer: '/data/0/sell~1buy', askPointer: '/data/0/ask', timePointer: '/data/0/time' };

test("a dealer's own source quotes as it writes", async () => {
  const quote = (await (await start()).until(1))[0];
  expect(quote).toEqual({ source: 'json-http', symbol: 'XAU-USD', bid: '4084.0', ask: '4084.61', time: now });
  expect(bed.feed.sources).toMatchObject([{ kind: 'spot', freshForMs: 5_020 }]);
});

test.each([
  ['1795168800', '2026-11-20T10:00:00.000Z'],
  ['1795168800075', '2026-11-20T10:00:00.075Z'],
  ['"2026-11-20T13:30:00+03:30"', '2026-11-20T10:00:00.000Z'],
])('pointers find numbers and texts, and the time %s', async (time, instant) => {
  bed.server.faults.push({ body: `{"data":[{"sell/buy":"4084.10","ask":4084.5,"time":${time}}]}` });
  const quote = (await (await start(pointers)).until(1))[0]!;
  expect(quote).toMatchObject({ bid: '4084.10', ask: '4084.5' });
  expect(new Date(quote.time).toISOString()).toBe(instant);
});

test('without a pointer to it, the time is that of arrival', async () => {
  const arrived = now + 42;
  const { until } = await start({ timePointer: '', clock: () => arrived });
  expect((await until(1))[0]).toMatchObject({ time: arrived });
});

test('a rate of exchange is no price of a metal', async () => {
  await start({ symbol: 'USD-EUR' });
  expect(bed.feed.sources).toMatchObject([{ symbol: 'USD-EUR', kind: 'rate', freshForMs: 86_400_000 }]);
});

test('a pointer to nothing is named', async () => {
  const { quotes } = await start({ bidPointer: '/offer' });
  await eventually(() => expect(bed.feed.health().detail).toBe('XAU-USD: what is at "/offer" is no decimal number'));
  expect(quotes).toEqual([]);
});

test('its keys are sent and not shown', async () => {
  const log = keptLog();
  bed.server.faults.push({ status: 401, body: '{"message":"neither token-of-nobody nor key-of-nobody is known"}' });
  const url = `${bed.server.url}/dealer?key=key-of-nobody&unit=`;
  await (await start({ url, authorization: 'Bearer token-of-nobody', logger: log.logger })).until(1);
  expect(bed.server.asked[0]!.headers.authorization).toBe('Bearer token-of-nobody');
  expect(log.lines[0]).toMatchObject({ problem: 'HTTP 401: {"message":"neither [redacted] nor [redacted] is known"}' });
});
