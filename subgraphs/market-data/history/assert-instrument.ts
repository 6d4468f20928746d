import { DomainError } from '#shared/errors.ts';
import type { InstrumentRepository } from '../instrument-repository.ts';

/** @throws DomainError NOT_FOUND with the symbols that there are, where this one is none of them */
export async function assertInstrument(instruments: Pick<InstrumentRepository, 'all'>, symbol: string): Promise<void> {
  const symbols = (await instruments.all()).map((instrument) => instrument.symbol);
  if (!symbols.includes(symbol))
    throw new DomainError('NOT_FOUND', `There is no instrument ${symbol}: there are ${symbols.join(', ')}.`);
}
