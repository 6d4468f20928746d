import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeSupergraph } from '../gateway/composition/compose-supergraph.ts';
import { ending } from './command.ts';
import { readSettings } from './config.ts';
import { generate } from './generate.ts';
import { committedFiles } from './generation-steps.ts';
import { onOutputLine } from './output-lines.ts';
import { formatSeconds } from './progress.ts';
import { checkSchema, describeChanges } from './schema-check.ts';
import { runScript } from './script.ts';
import type { Cleanup } from './script.ts';

/** What Jest writes with --json, as far as it is counted here. */
type JestResults = { numPassedTests: number; numFailedTests: number; numPendingTests: number };

// Everything that has to hold before a change is merged; what CI runs. A line a step; the output of those that fail,
// or of all with --verbose. The counts are left in .data/check-results.json.
const { root, environment } = readSettings();
const isVerbose = process.argv.includes('--verbose');
const resultsFile = join(root, '.data/check-results.json');
const jestFile = join(root, '.data/jest-results.json');

runScript(async (onEnd) => {
  mkdirSync(join(root, '.data'), { recursive: true });
  rmSync(jestFile, { force: true });
  const failed: string[] = [];
  const check = async (name: string, work: () => Promise<string[]>) => {
    const startedAt = performance.now();
    const problems = await work().catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
    console.log(`${problems.length === 0 ? '✓' : '✗'} ${name} (${formatSeconds(performance.now() - startedAt)})`);
    if (problems.length === 0) return;
    failed.push(name);
    console.log(problems.map((line) => `    ${line}`).join('\n'));
  };
  const jest = ['--json', `--outputFile=${jestFile}`];
  const checks: [string, () => Promise<string[]>][] = [
    ['generated files are current', findStaleFiles],
    ['schema changes', findBreakingChanges],
    ['lint', () => run('npm', ['run', '--silent', 'lint'], onEnd)],
    ['types', () => run('npm', ['run', '--silent', 'types'], onEnd)],
    ['tests', () => run(process.execPath, [join(root, 'local/test.ts'), ...jest], onEnd)],
  ];
  for (const [name, work] of checks) await check(name, work);

  const tests = readJestResults();
  if (tests.numPendingTests > 0) console.log(`!!! ${tests.numPendingTests} tests were SKIPPED !!!`);
  // The tests count one by one; as a step only where they could not be run.
  const steps = checks.length - 1;
  const failedSteps = failed.filter((name) => name !== 'tests' || tests.numFailedTests === 0).length;
  const passed = steps - failed.filter((name) => name !== 'tests').length + tests.numPassedTests;
  const results = { passed, failed: failedSteps + tests.numFailedTests, skipped: tests.numPendingTests };
  writeFileSync(resultsFile, JSON.stringify(results));
  console.log(failed.length === 0 ? 'Everything holds.' : `Does not hold: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
});

/** Files in the repository that are not what would be generated now; generating mends them, committing is to be done. */
async function findStaleFiles(): Promise<string[]> {
  const before = new Map<string, string>();
  const paths = Object.keys(committedFiles).filter((path) => existsSync(join(root, committedFiles[path]!.requires)));
  for (const path of paths) before.set(path, await readFile(join(root, path), 'utf8').catch(() => ''));
  await generate({ quiet: true, force: true });
  const stale: string[] = [];
  for (const [path, content] of before) if ((await readFile(join(root, path), 'utf8')) !== content) stale.push(path);
  return stale.map((path) => `${path} was not current. It has been written anew: commit it.`);
}

/** Changes of the supergraph since the last commit that break documents in use. */
async function findBreakingChanges(): Promise<string[]> {
  const check = await checkSchema({ root, from: root, composed: await composeSupergraph() });
  return describeChanges((check?.changes ?? []).filter(({ impact }) => impact === 'breaking'));
}

/** Runs a command and returns its output as the problem when it fails. */
async function run(file: string, args: string[], onEnd: (cleanup: Cleanup) => void): Promise<string[]> {
  const shell = process.platform === 'win32' && file === 'npm';
  const child = spawn(file, args, { cwd: root, env: environment, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = ending(child);
  onEnd(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const output: string[] = [];
  onOutputLine(child, (line) => {
    output.push(line);
    if (isVerbose) console.log(`    ${line}`);
  });
  const { code, error } = await ended;
  if (error) return [error.message];
  if (code === 0) return [];
  return isVerbose ? [`ended with code ${code}`] : [...output, `ended with code ${code}`];
}

function readJestResults(): JestResults {
  if (!existsSync(jestFile)) return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
  return JSON.parse(readFileSync(jestFile, 'utf8')) as JestResults;
}
