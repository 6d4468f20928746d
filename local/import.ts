import { candleBases } from '../subgraphs/market-data/domain/candles.ts';
import { storedIntervals } from '../subgraphs/market-data/domain/stored-interval.ts';
import { createCandleImportRepository } from '../subgraphs/market-data/history/candle-import-repository.ts';
import { importHistory, type ImportSummary } from '../subgraphs/market-data/history/import-history.ts';
import type { ImportPlan } from '../subgraphs/market-data/history/plan-import.ts';
import { createInstrumentRepository } from '../subgraphs/market-data/instrument-repository.ts';
import { oneOf, readArguments } from './arguments.ts';
import { createImportProblems } from './import-problems.ts';
import { openMarketData } from './market-data-database.ts';
import { consoleProgress, formatSeconds, type Meter } from './progress.ts';
import { runScript } from './script.ts';

const usage = `npm run import -- <file.csv[.gz]>      candles (time,open,high,low,close), ticks (time,bid,ask) or one price (date,price)
  --symbol XAU-USD                     what they are prices of
  --basis ${candleBases.join('|')}                what a file of candles is of; MID when left out
  --interval ${storedIntervals.join('|')}   found from the rows when left out
  --ticks-column <name>                the column that counts ticks; volumes are not taken
  --column <name>                      the column that is the price, where the header does not tell
  --errors <file>                      writes every row that cannot be used to a file
  --again                              imports again what is there already`;

const options = {
  symbol: { type: 'string', default: 'XAU-USD' },
  basis: { type: 'string' },
  interval: { type: 'string' },
  column: { type: 'string' },
  'ticks-column': { type: 'string' },
  errors: { type: 'string' },
  again: { type: 'boolean', default: false },
} as const;

runScript(async (onEnd) => {
  const { values, positionals } = readArguments({ allowPositionals: true, options }, usage);
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new Error(usage);
  const order = {
    file,
    symbol: values.symbol,
    basis: oneOf(candleBases, values.basis, '--basis'),
    interval: oneOf(storedIntervals, values.interval, '--interval'),
    column: values.column,
    ticksColumn: values['ticks-column'],
    again: values.again,
  };
  const progress = consoleProgress();
  const problems = await createImportProblems({ print: progress.line, file: values.errors });
  const prisma = await openMarketData(onEnd);
  const stopping = new AbortController();
  onEnd(async () => stopping.abort());
  const startedAt = performance.now();
  let plan: ImportPlan | undefined;
  let meter: Meter | undefined;
  const events = {
    onPlan(found: ImportPlan) {
      plan = found;
      const what = found.format.kind === 'ticks' ? 'ticks as candles' : 'candles';
      progress.line(`${file}: ${what} of ${order.symbol}, ${found.interval}, ${found.bases.join(', ')}`);
    },
    onProblem: problems.add,
    onProgress(rows: number, isWritten: boolean) {
      if (isWritten) meter ??= progress.meter({ total: plan!.lines, before: rows });
      meter?.at(rows);
    },
  };
  try {
    const repository = createCandleImportRepository(prisma);
    const instruments = createInstrumentRepository(prisma);
    const summary = await importHistory(order, { instruments, repository, events, signal: stopping.signal });
    meter?.end();
    for (const line of describe(summary, performance.now() - startedAt)) progress.line(line);
  } finally {
    meter?.end();
    for (const line of await problems.end()) progress.line(line);
  }
});

function describe(summary: ImportSummary, tookMs: number): string[] {
  const count = (value: number) => value.toLocaleString('en');
  const { rows, rowsDoneBefore, written, kept, skipped } = summary;
  if (rows === rowsDoneBefore)
    return [`All ${count(rows)} rows are there already from an earlier import; --again imports them once more.`];
  const pace = Math.round((rows - rowsDoneBefore) / (tookMs / 1000));
  return [
    ...(rowsDoneBefore > 0 ? [`Went on behind row ${count(rowsDoneBefore)}, where an earlier run was cut off.`] : []),
    `Read ${count(rows)} rows in ${formatSeconds(tookMs)} (${count(pace)}/s): ${count(written)} candles written, ` +
      `${count(kept)} kept as they were made here, ${count(skipped)} rows skipped.`,
  ];
}
