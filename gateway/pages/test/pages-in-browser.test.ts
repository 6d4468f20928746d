import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { bundleGraphiql } from '../bundle-graphiql.ts';
import { chromiumIsInstalled, collectComplaints, launchOfflineChromium } from './offline-chromium.ts';
import { servePages, type PagesServer } from './serve-pages.ts';

const inBrowser = chromiumIsInstalled() ? describe : describe.skip;

inBrowser('under its content security policy and without internet', () => {
  let folder: string;
  let server: PagesServer;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graphiql-'));
    await bundleGraphiql(folder);
    server = await servePages(folder);
    browser = await launchOfflineChromium();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1400, height: 850 } });
    complaints = collectComplaints(page);
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('GraphiQL runs the first query and shows the descriptions of the schema', async () => {
    await openGraphiql(page, server);
    await executeButton(page).click();
    await shown(response(page), '"bid": "4077.10"');
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.locator('.graphiql-doc-explorer').getByText('Instrument', { exact: true }).click();
    await page.getByText('A traded instrument, such as spot gold in dollars.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('GraphiQL shows each event of a subscription until it is stopped', async () => {
    await openGraphiql(page, server);
    await page.getByRole('tab', { name: 'LivePriceWithProducts' }).click();
    await executeButton(page).click();
    await shown(response(page), '"sequence": 1,');
    await shown(response(page), '"available": 12');
    server.publish(2);
    await shown(response(page), '"sequence": 2,');
    await page.getByRole('button', { name: /stop/i }).click();
    await executeButton(page).waitFor();
    expect(complaints).toEqual([]);
  });

  it('a token typed into GraphiQL goes with its subscriptions too', async () => {
    await openGraphiql(page, server);
    await page.getByRole('tab', { name: 'LivePrice', exact: true }).click();
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)').click();
    await page.keyboard.insertText('{ "authorization": "Bearer token" }');
    await executeButton(page).click();
    await shown(response(page), '"isStale": false');
    expect(server.connectionParams).toContainEqual({ authorization: 'Bearer token' });
    expect(complaints).toEqual([]);
  });

  it('the landing page says that Sandbox is out of reach, names both endpoints and leads to GraphiQL', async () => {
    await page.goto(`${server.url}/graphql`);
    await page.getByText('Apollo Sandbox could not be loaded').waitFor();
    await shown(page.locator('#endpoint'), `${server.url}/graphql`);
    await shown(page.locator('#subscription-endpoint'), `ws://${new URL(server.url).host}/graphql`);
    expect(complaints).toEqual([expect.stringContaining('ERR_NAME_NOT_RESOLVED')]);
    await page.getByRole('link', { name: 'Open GraphiQL' }).click();
    await page.waitForURL(`${server.url}/graphiql`);
  });

  it('the landing page gives way to Sandbox once its frame speaks', async () => {
    // Stands in for Apollo's servers: as much of the embed as the page's policy and script have to do with.
    const embed = `window.EmbeddedSandbox = function ({ target, initialSubscriptionEndpoint }) {
      const frame = document.createElement('iframe');
      frame.src = 'https://sandbox.embed.apollographql.com/sandbox/explorer?' + initialSubscriptionEndpoint;
      document.querySelector(target).append(frame);
    }`;
    const frame = `<script>parent.postMessage({}, '*')</script><p>Sandbox of </p><script>document.write(location.search)</script>`;
    await page.route('https://embeddable-sandbox.cdn.apollographql.com/**', (route) => route.fulfill({ body: embed }));
    await page.route('https://sandbox.embed.apollographql.com/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: frame }),
    );
    await page.goto(`${server.url}/graphql`);
    await page.locator('#sandbox').waitFor();
    await page
      .frameLocator('iframe')
      .getByText(`ws://${new URL(server.url).host}/graphql`)
      .waitFor();
    expect(await page.getByRole('heading', { name: 'gold-supergraph' }).isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });
});

// GraphiQL shows its tabs and buttons before its editors: what is clicked before the first text stands does nothing.
async function openGraphiql(page: Page, server: PagesServer): Promise<void> {
  await page.goto(`${server.url}/graphiql`);
  await shown(page.locator('.graphiql-query-editor'), 'GoldNow');
}

function executeButton(page: Page): Locator {
  return page.getByRole('button', { name: /execute/i });
}

function response(page: Page): Locator {
  return page.locator('.graphiql-response');
}

function shown(place: Locator, text: string): Promise<void> {
  return place.filter({ hasText: text }).waitFor();
}
