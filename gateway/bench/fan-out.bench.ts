import { readSettings } from '../../local/config.ts';
import { runScript } from '../../local/script.ts';
import { readProfilingConfig } from './config.ts';
import { createLauncher } from './processes/launcher.ts';
import { checkOpenFiles } from './fan-out/open-files.ts';
import { scenarios } from './fan-out/scenarios.ts';
import { gatewayWith } from './fan-out/servers.ts';

// What a message to a client costs when many watch the same prices: the gateway, and beside it in the same run a bare `ws`
// broadcast of the same bytes and graphql-ws alone, each as a process of its own on the same core. It starts all that it
// needs, and needs no running system; README.md here says what each scenario is. Arguments: scenario (all of them without
// it), clients, ticks a second, seconds.

const [name, ...numbers] = process.argv.slice(2);

runScript(async (onEnd) => {
  const { root, environment } = readSettings();
  const names = name === undefined ? Object.keys(scenarios) : [name];
  if (!names.every((each) => Object.hasOwn(scenarios, each))) {
    console.log(`npm run bench -- fan-out [scenario] [clients] [ticksPerSecond] [seconds], where the scenario is one of:
  ${Object.keys(scenarios).join('\n  ')}`);
    return 1;
  }
  const [clients, perSecond, seconds] = numbers.map(Number);
  const launcher = createLauncher({ root, environment, onEnd });
  const gateway = gatewayWith(readProfilingConfig().profileFolder);
  console.log(`Node ${process.versions.node}, ${launcher.placement}`);
  for (const each of names) {
    const { size, run } = scenarios[each]!;
    checkOpenFiles(clients ?? size.clients);
    console.log(`\n${each}`);
    await run(launcher, gateway, {
      clients: clients ?? size.clients,
      perSecond: perSecond ?? size.perSecond,
      seconds: seconds ?? size.seconds,
    });
  }
});
