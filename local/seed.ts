import { readSettings } from './config.ts';
import { openDatabases } from './database-server.ts';
import { generate } from './generate.ts';
import { prepareDatabases } from './prepare-databases.ts';
import { runScript } from './script.ts';
import { services } from './services.ts';

// Seeds need the tables, so it migrates first; everything here may be run any number of times.
runScript(async (onEnd) => {
  const settings = readSettings();
  await generate({ quiet: true });
  const withDatabase = services.filter(({ databaseVariable }) => databaseVariable);
  const databases = await openDatabases(settings, withDatabase);
  onEnd(databases.stop);
  for (const line of await prepareDatabases(withDatabase, databases.urlOf)) console.log(line);
  console.log('The databases are seeded.');
});
