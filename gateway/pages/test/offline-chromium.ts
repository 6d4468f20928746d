import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Whether a browser can be driven here; says on the console what is left untested where it cannot. */
export function chromiumIsInstalled(): boolean {
  if (existsSync(executablePath)) return true;
  // oxlint-disable-next-line no-console -- a skipped check must be seen in the output of the tests
  console.warn(`SKIPPED: no Chromium at ${executablePath}, so the pages are NOT tested in a browser`);
  return false;
}

/** A browser that reaches 127.0.0.1 and no other host, whatever network the machine has. */
export function launchOfflineChromium(): Promise<Browser> {
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
  const closedNetwork = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-sync', ...quiet, closedNetwork];
  return chromium.launch({ executablePath, args });
}

/** Collects errors and warnings of the console and uncaught exceptions; a broken content policy is one of them. */
export function collectComplaints(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  return complaints;
}
