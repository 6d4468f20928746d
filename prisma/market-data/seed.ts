import { databaseOptions } from '#shared/database.ts';
import { PrismaClient } from './generated/client.ts';

/** The instruments in the order in which dealers list them. */
const instruments = [
  { symbol: 'XAU-USD', name: 'Gold in US dollars' },
  { symbol: 'XAU-EUR', name: 'Gold in euros' },
  { symbol: 'XAU-GBP', name: 'Gold in pounds sterling' },
  { symbol: 'XAU-TRY', name: 'Gold in Turkish lira' },
  { symbol: 'XAU-AED', name: 'Gold in UAE dirhams' },
  { symbol: 'XAU-IRR', name: 'Gold in Iranian rials' },
  { symbol: 'XAG-USD', name: 'Silver in US dollars' },
  { symbol: 'XAG-EUR', name: 'Silver in euros' },
  { symbol: 'XAG-GBP', name: 'Silver in pounds sterling' },
  { symbol: 'XAG-TRY', name: 'Silver in Turkish lira' },
  { symbol: 'XAG-AED', name: 'Silver in UAE dirhams' },
  { symbol: 'XAG-IRR', name: 'Silver in Iranian rials' },
];

/** Fills an empty database with the instruments, and brings those that are there up to date. May be run any number of times. */
export async function seed(databaseUrl: string): Promise<void> {
  const prisma = new PrismaClient(databaseOptions({ url: databaseUrl, poolSize: 1 }));
  try {
    await prisma.$transaction(
      instruments.map(({ symbol, name }, listPosition) => {
        const [metal, currency] = symbol.split('-') as [string, string];
        const values = { name, metal, currency, listPosition };
        return prisma.instrument.upsert({ where: { symbol }, create: { symbol, ...values }, update: values });
      }),
    );
  } finally {
    await prisma.$disconnect();
  }
}
