import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { readSettings } from './config.ts';
import { makeContainerSecrets, renderContainerSecrets } from './container-secrets.ts';
import { runScript } from './script.ts';

// Writes .data/compose.env, which only its owner may read, and git and the images do not get to see.
runScript(async () => {
  const { root } = readSettings();
  const file = join(root, '.data/compose.env');
  mkdirSync(dirname(file), { recursive: true });
  try {
    // The databases of an existing volume have the passwords of the existing file: it is never written over.
    writeFileSync(file, renderContainerSecrets(makeContainerSecrets()), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    console.log('The secrets are there: .data/compose.env');
    return;
  }
  console.log(`Wrote ${relative(root, file)}. Now: docker compose --env-file .data/compose.env up --build --wait`);
});
