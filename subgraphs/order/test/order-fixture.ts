import { PrismaClient } from '#prisma/order/generated/client.ts';
import { createDatabaseAdapter } from '#shared/database.ts';
import { decimal } from '#shared/decimal.ts';
import { createGraphqlClient, type GraphqlClient } from '#shared/testing/graphql-client.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import { createCatalogueService, type CatalogueService } from '../catalogue-service.ts';
import { readConfig } from '../config.ts';
import type { Product } from '../domain/product.ts';
import { wireServer } from '../wiring.ts';

/** A running order server with a database of its own. */
export type OrderFixture = {
  client: GraphqlClient;
  database: PrismaClient;
  databaseUrl: string;
  catalogue: CatalogueService;
  stop(): Promise<void>;
};

/** Starts a server on a migrated, empty database. */
export async function startOrder(): Promise<OrderFixture> {
  const testDatabase = await createTestDatabase('order');
  const database = new PrismaClient({ adapter: createDatabaseAdapter({ url: testDatabase.url, poolSize: 2 }) });
  const server = wireServer(
    readConfig({ ORDER_DATABASE_URL: testDatabase.url, PORT: '0', LOG_LEVEL: 'silent', DATABASE_POOL_SIZE: '3' }),
  );
  const client = createGraphqlClient(`http://127.0.0.1:${await server.start()}/graphql`);
  return {
    client,
    database,
    databaseUrl: testDatabase.url,
    catalogue: createCatalogueService({ database }),
    async stop() {
      await client.close();
      await server.stop();
      await database.$disconnect();
      await testDatabase.drop();
    },
  };
}

/** A product with sensible values where none are given. */
export function aProduct(values: Partial<Product> = {}): Omit<Product, 'version'> {
  return {
    sku: 'BAR-100G',
    name: 'Gold bar 100 g',
    description: 'A bar of fine gold.',
    kind: 'BAR',
    metal: 'XAU',
    currency: 'USD',
    mint: null,
    fineness: decimal('999.9'),
    grossGrams: decimal('100'),
    fineGrams: decimal('99.99'),
    displayUnit: 'GRAM',
    diameterMm: null,
    isListed: true,
    listPosition: 10,
    ...values,
  };
}
