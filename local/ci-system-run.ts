import { mkdirSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeClone, startClone, type RunningClone } from './system-run/running-clone.ts';
import { latestSequence, systemSteps } from './system-run/steps.ts';

// The promise of one command, kept or broken: a clean clone, `npm start`, and what a newcomer does next. Counts each step.
const results = { passed: 0, failed: 0 };

async function step<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  try {
    const result = await work();
    results.passed += 1;
    console.log(`✓ ${name} (${seconds()} s)`);
    return result;
  } catch (error) {
    results.failed += 1;
    console.log(`✗ ${name} (${seconds()} s)\n${error instanceof Error ? error.stack : String(error)}`);
    return undefined;
  }
}

const folder = await mkdtemp(join(tmpdir(), 'gold-first-run-'));
// As root, PostgreSQL runs as a user of its own, who has to be able to enter.
await chmod(folder, 0o755);
const directory = join(folder, 'gold-supergraph');
let running: RunningClone | undefined;
try {
  await makeClone(directory);
  running = await step('npm start reaches ready in a clean clone', () => startClone(directory));
  if (running) {
    const { url, stop } = running;
    for (const [name, work] of systemSteps(running)) await step(name, work);
    const before = await step('the price has a sequence', () => latestSequence(url));
    await step('Ctrl-C stops everything and leaves no process behind', () => stop('Ctrl-C'));
    const again = await step('npm start reaches ready again', () => startClone(directory));
    running = again;
    if (again) {
      await step('and goes on behind the sequence where it stopped', async () => {
        const sequence = await latestSequence(again.url);
        if (before === undefined || sequence <= before) throw new Error(`${sequence} is not behind ${before}`);
      });
      await step('SIGTERM stops everything and leaves no process behind', () => again.stop('SIGTERM'));
    }
  }
} finally {
  await running?.kill();
  await rm(folder, { recursive: true, force: true });
}
mkdirSync('.data', { recursive: true });
writeFileSync('.data/system-results.json', JSON.stringify(results));
process.exitCode = results.failed > 0 ? 1 : 0;
