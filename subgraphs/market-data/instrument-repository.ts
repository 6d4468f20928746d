import type { PrismaClient } from '#prisma/market-data/generated/client.ts';
import { isMetal, type Instrument } from './domain/instrument.ts';

export type InstrumentRepository = {
  /** All instruments, in the order in which dealers list them. */
  all(): Promise<Instrument[]>;
  /** Adds those that are missing behind the others; those that are there stay as they are. */
  add(instruments: readonly Instrument[]): Promise<void>;
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
    async add(instruments) {
      const { _max } = await prisma.instrument.aggregate({ _max: { listPosition: true } });
      const behind = (_max.listPosition ?? -1) + 1;
      await prisma.instrument.createMany({
        data: instruments.map((instrument, index) => ({ ...instrument, listPosition: behind + index })),
        skipDuplicates: true,
      });
    },
  };
}
