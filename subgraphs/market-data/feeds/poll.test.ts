import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '#shared/testing/eventually.ts';
import { addressOf } from './ask-provider.ts';
import type { Feed } from './feed.ts';
import { createPolledFeed, polledSpotSources, type PollTimings, type Question } from './poll.ts';
import { readJson, readObject, readPrice } from './provider-answer.ts';
import {
  fastPolling,
  providerKey,
  startProviderServer,
  type Fault,
  type ProviderServer,
} from './test/provider-server.ts';
import { keptLog, receive } from './test/receive.ts';

let server: ProviderServer;
let feed: Feed | undefined;
beforeEach(async () => {
  server = await startProviderServer();
});
afterEach(async () => {
  await feed?.stop();
  await server.close();
});

/** A feed of the dealer's own answer at the test server. */
function createFeed(
  more: Omit<Partial<Parameters<typeof createPolledFeed>[0]>, 'timings'> & {
    timings?: Partial<PollTimings>;
    question?: Partial<Question>;
  } = {},
) {
  const { question, timings, ...rest } = more;
  const log = keptLog();
  feed = createPolledFeed({
    name: 'dealer',
    sources: polledSpotSources({ name: 'dealer', symbols: ['XAU-USD'], intervalMs: 10, weight: 1 }),
    ...fastPolling,
    timings: { ...fastPolling.timings, ...timings },
    logger: log.logger,
    questions: [{ about: 'XAU-USD', url: `${server.url}/dealer`, read: readDealer('XAU-USD'), ...question }],
    ...rest,
  });
  return { feed, log };
}

function readDealer(symbol: string): Question['read'] {
  return ({ text, receivedAt }) => {
    const { bid, ask } = readObject(readJson(text), 'the answer');
    return [{ source: 'dealer', symbol, bid: readPrice(bid, 'bid'), ask: readPrice(ask, 'ask'), time: receivedAt }];
  };
}

/** How long after a question the next one came. */
const gapMs = (index: number) => server.asked[index + 1]!.at - server.asked[index]!.at;
const questions = (count: number) => eventually(() => expect(server.asked.length).toBeGreaterThanOrEqual(count));

describe('a polled provider', () => {
  test('is asked in turn for what is wanted, one question at a time, an interval apart', async () => {
    const symbols = ['XAU-USD', 'XAG-USD', 'XAU-EUR'];
    const asked = symbols.map((symbol) => ({
      about: symbol,
      url: addressOf(server.url, '/dealer', { symbol }),
      read: readDealer(symbol),
    }));
    const { feed } = createFeed({ intervalMs: 40, questions: asked });
    const { until } = await receive(feed);
    const quotes = await until(7);
    // The first one has to connect, so it arrives later than it was asked.
    expect(server.asked[6]!.at - server.asked[1]!.at).toBeGreaterThan(5 * 40 - 40);
    expect(quotes.slice(0, 7).map(({ symbol }) => symbol)).toEqual([...symbols, ...symbols, 'XAU-USD']);
    expect(server.mostOpen()).toBe(1);
    expect(feed.health()).toEqual({ ok: true, detail: 'answers', lastQuoteAt: expect.any(Number) });
  });

  const unusable: [string, Fault][] = [
    ['a dropped connection', 'drop'],
    ['a connection that is dropped in the middle of an answer', 'drop midway'],
    ['garbage', 'garbage'],
    ['a page with status 200', 'html'],
    ['an answer without an end', 'megabytes'],
    ['an empty answer', { body: '' }],
    ['status 500, whatever comes with it', { status: 500, body: '{"bid":1,"ask":2}' }],
    ['status 404', { status: 404, body: '{"bid":1,"ask":2}' }],
    ['status 429', { status: 429, body: '{"bid":1,"ask":2}' }],
    ['status 418', { status: 418, body: '{"bid":1,"ask":2}' }],
    ['status 451', { status: 451, body: '{"bid":1,"ask":2}' }],
    ['an answer without an ask', { body: '{"bid":4084.0}' }],
    ['a price that is no number', { body: '{"bid":"NaN","ask":4084.61}' }],
    ['a price below 0', { body: '{"bid":-4084.0,"ask":4084.61}' }],
    ['a price beyond all prices', { body: '{"bid":1e400000000,"ask":4084.61}' }],
  ];
  test.each(unusable)('%s makes no price, shows, and does not end the feed', async (_name, fault) => {
    server.state.fault = fault;
    const { feed, log } = createFeed();
    const { quotes, until } = await receive(feed);
    await eventually(() => expect(feed.health().ok).toBe(false));
    expect(feed.health().detail).toMatch(/^XAU-USD: /);
    await questions(3);
    expect(quotes).toEqual([]);
    server.state.fault = undefined;
    expect((await until(2)).map(({ bid, ask }) => `${bid} ${ask}`)).toEqual(quotes.map(() => '4084.0 4084.61'));
    expect(feed.health().ok).toBe(true);
    // What is wrong is logged when it begins, when it becomes something else and when it ends, and not each time.
    const said = log.lines.map(({ msg, problem }) => problem ?? msg);
    expect(said.filter((line, index) => line === said[index - 1])).toEqual([]);
    expect(log.lines[0]).toMatchObject({ level: 40, msg: 'a price provider cannot be used' });
    expect(log.lines.at(-1)).toMatchObject({ level: 30, msg: 'a price provider can be used again' });
  });

  test('an answer that is too late is given up', async () => {
    server.faults.push('silence');
    const { feed, log } = createFeed({ timings: { timeoutMs: 300 } });
    const { until } = await receive(feed);
    await until(1);
    expect(log.lines[0]).toMatchObject({ code: 'NO_ANSWER', problem: 'no answer within 300 ms' });
  });

  test('the rest of an answer without an end is not read', async () => {
    server.faults.push('megabytes');
    const { feed } = createFeed();
    await (await receive(feed)).until(1);
    expect(server.sentBytes()).toBeLessThan(20_000_000);
  });

  test('a question that nobody answers is asked again soon, however long the interval, and ever less often', async () => {
    server.faults.push('drop', 'drop', { status: 503 }, 'drop', 'drop');
    const { feed } = createFeed({ intervalMs: 3_600_000, timings: { noAnswer: { firstMs: 60, longestMs: 240 } } });
    await (await receive(feed)).until(1);
    // Half of each wait is random, and here none of it.
    expect(server.asked[5]!.at - server.asked[0]!.at).toBeGreaterThan(60 + 60 + 120 + 240 + 480 - 30);
  });

  test('an answer that cannot be used has used up the interval', async () => {
    server.faults.push('html');
    const { feed } = createFeed({ intervalMs: 250 });
    await (await receive(feed)).until(1);
    expect(gapMs(0)).toBeGreaterThan(230);
  });

  test('a refusal is not pressed, ever less often', async () => {
    server.faults.push({ status: 403 }, { status: 403 });
    const { feed } = createFeed({ timings: { refused: { firstMs: 300, longestMs: 10_000 } } });
    await (await receive(feed)).until(1);
    expect(gapMs(0)).toBeGreaterThan(130);
    expect(gapMs(1)).toBeGreaterThan(280);
  });

  test.each([429, 503])('status %i with Retry-After is obeyed', async (status) => {
    server.faults.push({ status, headers: { 'retry-after': '1' } });
    const { feed } = createFeed();
    await (await receive(feed)).until(1);
    expect(gapMs(0)).toBeGreaterThan(950);
  });

  test('one that refuses and wants to be asked again at once is asked ever less often', async () => {
    for (let times = 0; times < 3; times += 1) server.faults.push({ status: 429, headers: { 'retry-after': '0' } });
    const { feed } = createFeed({ timings: { noAnswer: { firstMs: 100, longestMs: 10_000 } }, random: () => 1 });
    await (await receive(feed)).until(1);
    expect([gapMs(0), gapMs(1), gapMs(2)].map((gap, index) => gap > 0.9 * 100 * 2 ** index)).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('an answer is asked for anew when caches may not keep it any longer', async () => {
    server.state.headers = { 'cache-control': 'public, max-age=31', age: '30' };
    const { feed } = createFeed({ isCacheObeyed: true });
    await receive(feed);
    await questions(2);
    expect(gapMs(0)).toBeGreaterThan(700);
  });

  test('a provider that refuses anything refuses everything', async () => {
    server.faults.push({ body: '{"bid":4084.0,"ask":4084.61}' }, { status: 429, headers: { 'retry-after': '60' } });
    const { feed } = createFeed({
      questions: ['XAU-USD', 'XAG-USD'].map((about) => ({
        about,
        url: `${server.url}/dealer`,
        read: readDealer(about),
      })),
    });
    await receive(feed);
    await eventually(() => expect(feed.health()).toMatchObject({ ok: false, detail: 'XAG-USD: HTTP 429' }));
    expect(server.asked).toHaveLength(2);
  });

  test('what is wrong with one symbol does not stop another', async () => {
    const { feed, log } = createFeed({
      questions: [
        { about: 'XAU-XXX', url: `${server.url}/nowhere`, read: readDealer('XAU-XXX') },
        { about: 'XAU-USD', url: `${server.url}/dealer`, read: readDealer('XAU-USD') },
      ],
    });
    await (await receive(feed)).until(5);
    expect(feed.health()).toMatchObject({ ok: true, detail: 'XAU-XXX: HTTP 404: {"error":"not found"}' });
    expect(log.lines).toHaveLength(1);
  });

  test('a fault of the reading itself is logged as an error, and does not end the feed', async () => {
    let isBroken = true;
    const read: Question['read'] = (answer) => {
      if (!isBroken) return readDealer('XAU-USD')(answer);
      isBroken = false;
      throw new RangeError('a fault of ours');
    };
    const { feed, log } = createFeed({ question: { read } });
    await (await receive(feed)).until(1);
    expect(log.lines[0]).toMatchObject({ level: 50, err: { message: 'a fault of ours' } });
  });

  test('a key is in no log and no health, even where the provider repeats it', async () => {
    const said = `{"message":"${'x'.repeat(172)} ${providerKey} is unknown"}`;
    server.faults.push({ status: 401, body: said }, 'drop', { body: `${providerKey}: ${providerKey}` });
    const details = new Set<string>();
    const { feed, log } = createFeed({
      secrets: [providerKey],
      question: {
        url: addressOf(server.url, '/dealer', { api_key: providerKey }),
        headers: { 'x-access-token': providerKey },
      },
    });
    const { until } = await receive(feed);
    await eventually(() => {
      details.add(feed.health().detail);
      expect(server.faults).toHaveLength(0);
    });
    await until(1);
    const shown = JSON.stringify([log.lines, [...details]]);
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain(providerKey.slice(0, 8));
    expect(server.asked[0]!.headers['x-access-token']).toBe(providerKey);
  });

  test('a key is not carried on to another address', async () => {
    server.faults.push({ status: 302, headers: { location: `${server.url}/elsewhere` } });
    const { feed } = createFeed({ question: { headers: { 'x-access-token': providerKey } } });
    await (await receive(feed)).until(1);
    expect(server.asked.map(({ path }) => path)).not.toContain('/elsewhere');
  });

  test('a provider without a key is followed to its new address', async () => {
    server.faults.push({ status: 301, headers: { location: `${server.url}/dealer?moved` } });
    const { feed } = createFeed();
    await (await receive(feed)).until(1);
    expect(server.asked[1]!.query.has('moved')).toBe(true);
  });

  test('nothing is delivered after the end, and the end does not wait for an answer', async () => {
    server.faults.push('silence');
    const { feed } = createFeed({ timings: { timeoutMs: 60_000 } });
    const { quotes } = await receive(feed);
    await questions(1);
    const begun = performance.now();
    await feed.stop();
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(quotes).toEqual([]);
    expect(server.asked).toHaveLength(1);
  });

  test('an answer that comes with the end is not delivered any more', async () => {
    const ended = Promise.withResolvers<void>();
    const read: Question['read'] = (answer) => {
      ended.resolve(feed.stop());
      return readDealer('XAU-USD')(answer);
    };
    const { feed } = createFeed({ question: { read } });
    const { quotes } = await receive(feed);
    await ended.promise;
    expect(quotes).toEqual([]);
  });
});

test('what a rarely asked provider said holds for ten minutes at most', () => {
  const sources = (intervalMs: number, symbols: string[]) =>
    polledSpotSources({ name: 'dealer', symbols, intervalMs, weight: 2 }).map(({ freshForMs }) => freshForMs);
  expect(sources(1_000, ['XAU-USD', 'XAG-USD'])).toEqual([9_000, 9_000]);
  expect(sources(28_800_000, ['XAU-USD'])).toEqual([600_000]);
});
