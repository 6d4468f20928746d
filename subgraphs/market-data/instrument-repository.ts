import type { PrismaClient } from '#prisma/market-data/generated/client.ts';
import { isMetal, type Instrument } from './domain/instrument.ts';

export type InstrumentRepository = {
  /** All instruments, in the order in which dealers list them. */
  all(): Promise<Instrument[]>;
};

export function createInstrumentRepository(prisma: Pick<PrismaClient, 'instrument'>): InstrumentRepository {
  return {
    async all() {
      const rows = await prisma.instrument.findMany({ orderBy: [{ listPosition: 'asc' }, { symbol: 'asc' }] });
      return rows.map(({ symbol, name, metal, currency }) => {
        if (!isMetal(metal)) throw new Error(`The instrument ${symbol} has the unknown metal ${metal}`);
        return { symbol, name, metal, currency };
      });
    },
  };
}
