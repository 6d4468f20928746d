import { databaseOptions } from '#shared/database.ts';
import { readSettings } from './config.ts';
import { openDatabases } from './database-server.ts';
import { generate } from './generate.ts';
import { prepareDatabases } from './prepare-databases.ts';
import { services } from './services.ts';
import type { PrismaClient } from '#prisma/market-data/generated/client.ts';
import type { Cleanup } from './script.ts';

/**
 * Opens the database of market-data for a script: that of MARKET_DATA_DATABASE_URL, of a running `npm start`, or an
 * embedded one that is started for the occasion. Ours is migrated and seeded first; one that is named is only looked at,
 * because when that is migrated is for those to say who run it.
 *
 * @throws Error in a sentence when it cannot be opened or has not been migrated
 */
export async function openMarketData(onEnd: (cleanup: Cleanup) => void): Promise<PrismaClient> {
  await generate({ quiet: true });
  const settings = readSettings();
  const marketData = services.find(({ name }) => name === 'market-data')!;
  const databases = await openDatabases(settings, [marketData]);
  onEnd(databases.stop);
  const isOurs = settings.databaseUrls[marketData.name] === undefined;
  if (isOurs) await prepareDatabases([marketData], databases.urlOf);
  // It may have been generated just now, so it cannot be loaded together with this file.
  const { PrismaClient } = await import('#prisma/market-data/generated/client.ts');
  const prisma = new PrismaClient(databaseOptions({ url: databases.urlOf(marketData), poolSize: 2 }));
  onEnd(() => prisma.$disconnect());
  const [found] = await prisma.$queryRawUnsafe<{ isMigrated: boolean }[]>(
    `SELECT to_regclass('history_import') IS NOT NULL AS "isMigrated"`,
  );
  if (!found!.isMigrated)
    throw new Error('The database of market-data is not migrated: npm run migrate -- market-data');
  return prisma;
}
