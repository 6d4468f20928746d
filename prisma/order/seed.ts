import { PrismaClient } from '#prisma/order/generated/client.ts';
import { databaseOptions } from '#shared/database.ts';
import { createCatalogueService } from '../../subgraphs/order/catalogue-service.ts';
import { classicCoins } from './catalogue/classic-coins.ts';
import { goldBars } from './catalogue/gold-bars.ts';
import { ounceCoins } from './catalogue/ounce-coins.ts';
import { regionalCoins } from './catalogue/regional-coins.ts';
import { silverProducts } from './catalogue/silver-products.ts';
import type { CatalogueEntry } from './catalogue/catalogue-entry.ts';

/** What most visitors come for is at the front of the shop window. */
const popular = ['BAR-100G', 'BAR-1OZ', 'COIN-KRUGERRAND-1OZ', 'COIN-MAPLE-LEAF-1OZ', 'COIN-BRITANNIA-1OZ'];

/** Pieces of a product that are never promised, so that a miscount disappoints nobody: one in fifty. */
const safetyShare = 50;

/**
 * Fills the catalogue of the order service. Products that are there as they should be are left alone and tell nothing,
 * and stock is never reset, so it may be run any number of times.
 */
export async function seed(databaseUrl: string): Promise<void> {
  const database = new PrismaClient(databaseOptions({ url: databaseUrl, poolSize: 1 }));
  const catalogue = createCatalogueService({ database });
  try {
    for (const [index, { onHand, ...product }] of inListOrder().entries()) {
      await catalogue.changeProduct(
        { ...product, listPosition: (index + 1) * 10 },
        { now: new Date(), firstStock: { onHand, safetyStock: Math.floor(onHand / safetyShare) } },
      );
    }
  } finally {
    await database.$disconnect();
  }
}

function inListOrder(): CatalogueEntry[] {
  const all = [...goldBars, ...ounceCoins, ...classicCoins, ...regionalCoins, ...silverProducts];
  const rank = ({ sku }: CatalogueEntry) => (popular.includes(sku) ? popular.indexOf(sku) : popular.length);
  // A stable sort: behind the popular ones everything keeps its order.
  return all.toSorted((one, other) => rank(one) - rank(other));
}
