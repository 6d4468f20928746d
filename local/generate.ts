import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from './config.ts';
import { openStamps } from './generation-stamps.ts';
import { generationLanes } from './generation-steps.ts';
import { consoleProgress, formatSeconds } from './progress.ts';
import { runScript } from './script.ts';
import type { GenerationStamps } from './generation-stamps.ts';
import type { GenerationStep } from './generation-steps.ts';
import type { Progress } from './progress.ts';

/**
 * Generates what the sources imply: Prisma clients, GraphQL types, the supergraph, GraphiQL's page, .env.example,
 * the manifest of trusted documents.
 * A step whose inputs and outputs are as it left them is skipped, unless `force`; one whose sources are not there too.
 *
 * @throws Error naming the step, with its tool's own words
 */
export async function generate(options: { quiet?: boolean; force?: boolean; progress?: Progress } = {}): Promise<void> {
  const settings = readSettings();
  const { root } = settings;
  const { line, step: progressStep } = options.progress ?? consoleProgress();
  const stamps = openStamps(root, join(root, '.data/generated.json'));
  const isDue = (step: GenerationStep) =>
    existsSync(join(root, step.requires)) && (options.force === true || !stamps.isCurrent(step.name, step.inputs));
  const lanes = generationLanes(settings);
  if (!lanes.flat().some(isDue)) return;
  const print = options.quiet ? () => undefined : line;
  const work = async () => {
    await Promise.all(lanes.map((lane) => runLane(lane, isDue, stamps, print)));
  };
  if (options.quiet) await work();
  else await progressStep('Generated code', work);
}

if (process.argv[1] === import.meta.filename) {
  runScript(() => generate({ force: process.argv.includes('--force') }));
}

async function runLane(
  lane: GenerationStep[],
  isDue: (step: GenerationStep) => boolean,
  stamps: GenerationStamps,
  print: (line: string) => void,
): Promise<void> {
  for (const step of lane) {
    if (!isDue(step)) continue;
    const startedAt = performance.now();
    try {
      stamps.record(step.name, step.inputs, await step.run());
    } catch (error) {
      throw new Error(`Generating failed, ${step.name}: ${words(error)}`, { cause: error });
    }
    print(`  ${step.name} (${formatSeconds(performance.now() - startedAt)})`);
  }
}

// A tool of its own process says on stderr what is wrong; codegen collects several errors in one.
function words(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(words).join('\n');
  if (!(error instanceof Error)) return String(error);
  return 'stderr' in error && typeof error.stderr === 'string' && error.stderr ? error.stderr.trim() : error.message;
}
