import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readSettings } from './config.ts';
import { runInForeground } from './foreground.ts';
import { generate } from './generate.ts';
import { runScript } from './script.ts';

// npm run bench lists the benchmarks of gateway/bench, npm run bench -- <name> [arguments] runs one.
runScript(async (onEnd) => {
  const { root, environment } = readSettings();
  const [name, ...args] = process.argv.slice(2);
  const file = `gateway/bench/${name}.bench.ts`;
  if (name === undefined || !existsSync(join(root, file))) {
    const names = globSync('gateway/bench/*.bench.ts', { cwd: root }).map((path) => basename(path, '.bench.ts'));
    console.log(`npm run bench -- <name>, where <name> is one of:\n  ${names.sort().join('\n  ')}`);
    return name === undefined ? 0 : 1;
  }
  await generate({ quiet: true });
  return await runInForeground({ args: [file, ...args], cwd: root, environment, onEnd });
});
