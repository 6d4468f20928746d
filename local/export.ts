import { candleIntervals, dayBoundaries } from '../subgraphs/market-data/domain/candle-interval.ts';
import { candleBases } from '../subgraphs/market-data/domain/candles.ts';
import { assertInstrument } from '../subgraphs/market-data/history/assert-instrument.ts';
import { createCandleRepository } from '../subgraphs/market-data/history/candle-repository.ts';
import { candlesAsCsv, ticksAsCsv } from '../subgraphs/market-data/history/export-history.ts';
import { instantOfText } from '../subgraphs/market-data/instant-of-text.ts';
import { createTickExportRepository } from '../subgraphs/market-data/history/tick-export-repository.ts';
import { createInstrumentRepository } from '../subgraphs/market-data/instrument-repository.ts';
import { oneOf, readArguments } from './arguments.ts';
import { countingLines, writeFileAtOnce, writeToStdout } from './export-file.ts';
import { openMarketData } from './market-data-database.ts';
import { createProgress } from './progress.ts';
import { runScript } from './script.ts';

const usage = `npm run -s export -- --interval <${candleIntervals.join('|')}>
npm run -s export -- --ticks         the ticks that are kept, as time,bid,ask
  --symbol XAU-USD                   whose prices
  --basis ${candleBases.join('|')}              which price the candles are of; MID when left out
  --day-boundary ${dayBoundaries.join('|')}       when days, weeks and months begin; UTC when left out
  --from, --to                       only what lies from the one up to before the other, such as 2014-05-01 or 2014-05-01T12:00Z
  --out <file.csv[.gz]>              where to; stdout when left out`;

const options = {
  symbol: { type: 'string', default: 'XAU-USD' },
  interval: { type: 'string' },
  basis: { type: 'string' },
  'day-boundary': { type: 'string' },
  ticks: { type: 'boolean', default: false },
  from: { type: 'string' },
  to: { type: 'string' },
  out: { type: 'string' },
} as const;

runScript(async (onEnd) => {
  const { values } = readArguments({ options }, usage);
  const { symbol, ticks, out } = values;
  const interval = oneOf(candleIntervals, values.interval, '--interval');
  if (ticks === (interval !== undefined)) throw new Error(usage);
  const basis = oneOf(candleBases, values.basis, '--basis') ?? 'MID';
  const dayBoundary = oneOf(dayBoundaries, values['day-boundary'], '--day-boundary') ?? 'UTC';
  const range = { from: instant(values.from, '--from'), to: instant(values.to, '--to') };

  const prisma = await openMarketData(onEnd);
  await assertInstrument(createInstrumentRepository(prisma), symbol);
  const pieces = interval
    ? candlesAsCsv(
        { repository: createCandleRepository(prisma), now: Date.now() },
        { symbol, interval, basis, dayBoundary, ...range },
      )
    : ticksAsCsv(createTickExportRepository(prisma), { symbol, ...range });
  // The file may be stdout, so what is said to people goes to stderr.
  const progress = createProgress({ write: (text) => process.stderr.write(text), isTerminal: process.stderr.isTTY });
  let lines = 0;
  const counted = countingLines(pieces, (more) => (lines += more));
  const stopping = new AbortController();
  const exporting = progress.step(`Exported ${symbol} to ${out ?? 'stdout'}`, () =>
    out === undefined ? writeToStdout(counted) : writeFileAtOnce(counted, out, stopping.signal),
  );
  onEnd(async () => {
    stopping.abort();
    await exporting.catch(() => undefined);
  });
  await exporting;
  progress.line(`  ${(lines - 1).toLocaleString('en')} rows`);
});

function instant(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const time = instantOfText(text);
  if (time === undefined) throw new Error(`${option} is a time such as 2014-05-01 or 2014-05-01T12:00Z, not ${text}.`);
  return time;
}
