import { DomainError } from '#shared/errors.ts';
import type { Logger } from '#shared/logger.ts';
import type { Instrument } from './domain/instrument.ts';
import type { InstrumentRepository } from './instrument-repository.ts';

/** The instruments, which are few and change seldom, held in memory: no request waits for the database. */
export type InstrumentService = {
  /** Reads them for the first time, and then every half minute. @throws when they cannot be read the first time */
  start(): Promise<void>;
  stop(): void;
  all(): readonly Instrument[];
  find(symbol: string): Instrument | undefined;
  /** @throws DomainError NOT_FOUND */
  get(symbol: string): Instrument;
};

const reloadEveryMs = 30_000;

/** @param options.onLoad is told of the instruments each time they were read, and waited for the first time */
export function createInstrumentService(options: {
  repository: InstrumentRepository;
  onLoad: (instruments: readonly Instrument[]) => Promise<void>;
  logger: Logger;
}): InstrumentService {
  let instruments: readonly Instrument[] = [];
  let bySymbol = new Map<string, Instrument>();
  let timer: NodeJS.Timeout | undefined;
  const load = async () => {
    instruments = await options.repository.all();
    bySymbol = new Map(instruments.map((instrument) => [instrument.symbol, instrument]));
    await options.onLoad(instruments);
  };
  const find = (symbol: string) => bySymbol.get(symbol);
  return {
    async start() {
      await load();
      timer = setInterval(() => {
        load().catch((err: unknown) =>
          options.logger.warn({ err }, 'instruments could not be read again; keeping those known'),
        );
      }, reloadEveryMs);
    },
    stop: () => clearInterval(timer),
    all: () => instruments,
    find,
    get(symbol) {
      const instrument = find(symbol);
      if (instrument) return instrument;
      throw new DomainError('NOT_FOUND', `There is no instrument ${symbol}`, { details: { symbol } });
    },
  };
}
