import { PrismaClient } from '#prisma/pricing/generated/client.ts';
import { databaseOptions } from '#shared/database.ts';
import { readRule } from '../../subgraphs/pricing/rule-format.ts';
import { seededRules } from './seeded-rules.ts';

/**
 * Gives a new pricing service its first rules. A rule that is there in any version belongs to the dealers and is left
 * alone, so it may be run any number of times. Products come by the order service's events.
 */
export async function seed(databaseUrl: string): Promise<void> {
  for (const rule of seededRules) readRule(rule);
  const database = new PrismaClient(databaseOptions({ url: databaseUrl, poolSize: 1 }));
  try {
    await database.pricingRule.createMany({
      data: seededRules.map((rule) => ({
        ...rule,
        status: 'ACTIVE',
        conditions: rule.conditions as object,
        effect: rule.effect as object,
      })),
      // By code and version: version 1 is there, whatever has succeeded it.
      skipDuplicates: true,
    });
  } finally {
    await database.$disconnect();
  }
}
