import { PrismaClient } from '#prisma/order/generated/client.ts';
import { databaseOptions } from '../database.ts';
import { createTestDatabase } from './test-database.ts';

export type EventDatabase = { database: PrismaClient; close(): Promise<void> };

/** A database with the tables of a service that tells of events (`order`) or is told of them (`pricing`); SQL only. */
export async function openEventDatabase(service: 'order' | 'pricing'): Promise<EventDatabase> {
  const testDatabase = await createTestDatabase(service);
  const database = new PrismaClient(databaseOptions({ url: testDatabase.url, poolSize: 4 }));
  return {
    database,
    async close() {
      await database.$disconnect();
      await testDatabase.drop();
    },
  };
}

/** What `order.product-changed` tells, with sensible values where none are given. */
export function aProductChange(values: { sku?: string; version?: number } = {}) {
  return {
    sku: 'BAR-100G',
    version: 1,
    isListed: true,
    kind: 'BAR' as const,
    metal: 'XAU' as const,
    currency: 'USD',
    fineness: '999.9',
    fineWeightGrams: '99.9900000',
    ...values,
  };
}
