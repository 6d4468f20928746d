import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from '../../local/arguments.ts';
import { readSettings } from '../../local/config.ts';
import { runScript } from '../../local/script.ts';
import { readProfilingConfig } from './config.ts';
import { createLauncher } from './processes/launcher.ts';
import {
  contestantNames,
  createContestants,
  measured,
  peers,
  titles,
  type ContestantName,
} from './queries/contestants.ts';
import { measureScenario } from './queries/measurement.ts';
import { installPeers } from './queries/peers.ts';
import { printScenario } from './queries/print.ts';
import { scenarios, type ScenarioName } from './queries/scenarios.ts';
import { subgraphNames, type SubgraphUrls } from './queries/schemas.ts';

// What a query costs: this gateway beside Apollo's own, mercurius and Hive Gateway in the same run, over the same subgraphs.
// It starts all that it needs, and needs no running system; README.md here says how it is measured.

const usage = `npm run bench -- queries [--scenario <names>] [--only <names>] [--seconds <n>] [--rounds <n>]
  scenarios, separated by commas: ${Object.keys(scenarios).join(', ')}
  gateways, separated by commas: ${contestantNames.join(', ')}
  PROFILE_FOLDER in the environment: where each run of ours leaves a CPU profile`;

runScript(async (onEnd) => {
  const { values } = readArguments(
    {
      options: {
        scenario: { type: 'string' },
        only: { type: 'string' },
        seconds: { type: 'string', default: '3' },
        rounds: { type: 'string', default: '3' },
      },
    },
    usage,
  );
  const asked = {
    scenarios: namesIn(values.scenario, Object.keys(scenarios) as ScenarioName[]),
    names: namesIn(values.only, contestantNames),
    seconds: positive(values.seconds),
    rounds: positive(values.rounds),
  };
  const { root, environment } = readSettings();
  const peersFolder = join(root, '.data/bench-peers');
  const names = await installed(asked.names, peersFolder);
  const workFolder = mkdtempSync(join(tmpdir(), 'gold-bench-'));
  onEnd(async () => rmSync(workFolder, { recursive: true, force: true }));

  const launcher = createLauncher({ root, environment, onEnd });
  console.log(`Node ${process.versions.node}, ${launcher.placement}`);
  const subgraphs = await launcher.start('gateway/bench/queries/subgraphs-process.ts', 'beside', {
    nodeArguments: measured,
  });
  const urls = Object.fromEntries(
    subgraphNames.map((name) => [name, `http://127.0.0.1:${subgraphs.ports[name]}/graphql`]),
  ) as SubgraphUrls;
  const { profileFolder } = readProfilingConfig();
  const contestants = createContestants({ launcher, subgraphs: urls, workFolder, peersFolder, profileFolder });
  for (const scenario of asked.scenarios) {
    const { about, ...rest } = scenarios[scenario];
    const rows = await measureScenario(launcher, contestants, subgraphs, scenario, { ...asked, names });
    printScenario(`${scenario}: ${about}`, rows, 'goal' in rest ? rest.goal : undefined);
  }
});

/** Those that can be measured; who is left out, and why, is said loudly. */
async function installed(names: readonly ContestantName[], folder: string): Promise<readonly ContestantName[]> {
  if (!names.some((name) => peers.includes(name))) return names;
  try {
    await installPeers(folder);
    return names;
  } catch (error) {
    const missing = names.filter((name) => peers.includes(name));
    const reason = error instanceof Error ? error.message : String(error);
    console.log(`!!! ${missing.map((name) => titles[name]).join(' and ')} are LEFT OUT: ${reason} !!!`);
    return names.filter((name) => !missing.includes(name));
  }
}

function namesIn<Name extends string>(text: string | undefined, known: readonly Name[]): readonly Name[] {
  if (text === undefined) return known;
  const names = text.split(',');
  const unknown = names.find((name) => !known.some((each) => each === name));
  if (unknown !== undefined) throw new Error(`There is no ${unknown} here.\n\n${usage}`);
  return known.filter((name) => names.includes(name));
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${text} is no number above 0.\n\n${usage}`);
  return number;
}
