import { createMigration } from '../prisma/create-migration.ts';
import { ensureDatabase, migrateDatabase, resolveMigration } from '../prisma/migrate-database.ts';
import { hasSchema, schemaDirectory } from '../prisma/migration-files.ts';
import { readSettings } from './config.ts';
import { openDatabases } from './database-server.ts';
import { runScript } from './script.ts';
import { services } from './services.ts';
import type { Service } from './services.ts';

const usage = `npm run migrate                                          all databases
npm run migrate -- order pricing                         only those
npm run migrate -- create order add_price_locks          a new migration from prisma/order/schema.prisma
npm run migrate -- applied order 20260102000000_init     a migration killed halfway is in the database
npm run migrate -- rolled-back order 20260102000000_init it is not, and is to be tried again`;

runScript(async (onEnd) => {
  const [verb, ...rest] = process.argv.slice(2);
  const isVerb = verb === 'create' || verb === 'applied' || verb === 'rolled-back';
  const names = isVerb ? rest.slice(0, 1) : process.argv.slice(2);
  if (isVerb && rest.length !== 2) throw new Error(usage);
  const chosen = chooseServices(names);
  const databases = await openDatabases(readSettings(), chosen);
  onEnd(databases.stop);
  for (const service of chosen) {
    const databaseUrl = databases.urlOf(service);
    const name = rest[1] ?? '';
    if (verb === 'create') await create(service.name, name, databaseUrl);
    else if (verb === 'applied' || verb === 'rolled-back')
      await resolveMigration({ service: service.name, databaseUrl, migration: name, outcome: verb });
    else await migrate(service.name, databaseUrl);
  }
});

async function migrate(service: string, databaseUrl: string): Promise<void> {
  await ensureDatabase(databaseUrl);
  const { applied } = await migrateDatabase({ service, databaseUrl });
  console.log(applied.length === 0 ? `${service}: up to date` : `${service}: applied ${applied.join(', ')}`);
}

async function create(service: string, name: string, serverUrl: string): Promise<void> {
  const script = await createMigration({ service, name, serverUrl, now: new Date() });
  console.log(script === null ? `${service}: the migrations already lead to schema.prisma` : `Wrote ${script}`);
}

function chooseServices(names: string[]): Service[] {
  const known = services.filter(({ databaseVariable, name }) => databaseVariable && hasSchema(schemaDirectory(name)));
  const unknown = names.filter((name) => !known.some((service) => service.name === name));
  if (unknown.length > 0) {
    throw new Error(`No database here is called ${unknown.join(' or ')}: there are those of prisma/.\n\n${usage}`);
  }
  return names.length === 0 ? known : known.filter(({ name }) => names.includes(name));
}
