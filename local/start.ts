import { developmentPassword, developmentUsers } from '#prisma/auth/development-users.ts';
import { readSettings } from './config.ts';
import { generate } from './generate.ts';
import { describeMail } from './mail.ts';
import { portOf } from './process-environment.ts';
import { consoleProgress, formatSeconds } from './progress.ts';
import { describeRedis } from './redis.ts';
import { startSystem } from './running-system.ts';
import { runScript } from './script.ts';
import { services } from './services.ts';
import { watchServices } from './watch.ts';
import { withoutPassword } from './without-password.ts';
import type { LocalSettings } from './config.ts';
import type { Progress } from './progress.ts';
import type { RunningSystem } from './running-system.ts';
import type { Service } from './services.ts';

// The whole system on this machine, for development. --fresh: with new databases. --watch: a service is started again
// when its files change. --verbose: every log line on the console.
const options = new Set(process.argv.slice(2));

runScript(async (onEnd) => {
  const unknown = [...options].filter((option) => !['--fresh', '--watch', '--verbose'].includes(option));
  if (unknown.length > 0) throw new Error(`npm start knows --fresh, --watch and --verbose, not ${unknown.join(' ')}.`);
  const settings = readSettings();
  const progress = consoleProgress();
  await generate({ progress });
  const watching = options.has('--watch');
  const system = await startSystem({
    settings,
    services,
    progress,
    // The last cleanup to be handed over is the first to be done.
    onEnd: (cleanup) => onEnd(cleanup),
    verbose: options.has('--verbose'),
    fresh: options.has('--fresh'),
    patient: watching,
  });
  onEnd(async () => progress.line('Stopping …'));
  if (watching) onEnd(startWatching(settings, system, progress));
  printAddresses(settings, system, progress);
  progress.line(`Ready in ${formatSeconds(performance.now())}. Press Ctrl-C to stop.`);
  return await new Promise<never>(() => undefined);
});

function printAddresses(settings: LocalSettings, { redis, mail, addresses }: RunningSystem, { line }: Progress): void {
  const gateway = `http://localhost:${settings.portBase}`;
  // The embedded one's password is no secret, and needed to look into it.
  const databaseAddress = (service: Service) => {
    const url = addresses.databaseUrlOf(service);
    return settings.databaseUrls[service.name] === undefined ? url : withoutPassword(url);
  };
  const subgraphs = services.filter(({ urlVariable }) => urlVariable);
  const rows: [string, string][] = [
    ['GraphQL', `${gateway}/graphql`],
    ['Sandbox', `${gateway}/`],
    ['GraphiQL', `${gateway}/graphiql  (works without internet)`],
    ['REST', `${gateway}/rest/openapi.json  (the contract's operations)`],
    ...subgraphs.map((one): [string, string] => [one.name, `http://127.0.0.1:${portOf(one, settings)}/graphql`]),
    ...subgraphs.map((one): [string, string] => [`${one.name} data`, databaseAddress(one)]),
    ['Redis', describeRedis(redis)],
    ['Mail', describeMail(mail)],
    ['Prices from', `${settings.feeds} (FEEDS)`],
    ['Data and logs', settings.dataDirectory],
  ];
  line('');
  for (const [name, value] of rows) line(`  ${name.padEnd(18)} ${value}`);
  line('');
  line(`  Sign in as ${developmentUsers.map(({ email }) => email).join(', ')} with ${developmentPassword}`);
  line('');
}

function startWatching(settings: LocalSettings, system: RunningSystem, { line }: Progress): () => Promise<void> {
  const { root } = settings;
  const close = watchServices({
    root,
    services,
    onChange: (names, files) => {
      line(`${files.join(', ')} changed: starting ${names.join(', ')} again`);
      generate({ quiet: true })
        .then(() => Promise.all(names.map((name) => system.restart(name))))
        .catch((error: unknown) => line(error instanceof Error ? error.message : String(error)));
    },
  });
  return async () => close();
}
