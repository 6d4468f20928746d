import { titles } from './contestants.ts';
import type { Measured } from './measurement.ts';

const columns = [
  'requests/s',
  'to stock',
  'CPU µs each',
  'stock to it',
  'p50 ms',
  'p99 ms',
  'MB',
  'its core',
  'beside',
  'others',
];

/**
 * A line for each gateway, what went wrong, and whether ours has reached its goals.
 * @param goal times stock's requests a second
 */
export function printScenario(title: string, rows: Measured[], goal: number | undefined): void {
  const stock = rows.find(({ name }) => name === 'stock');
  console.log(`\n${title}`);
  console.log(`  ${''.padEnd(32)}${columns.map((column) => column.padStart(13)).join('')}`);
  for (const row of rows) {
    const cells = [
      Math.round(row.perSecond).toLocaleString('en'),
      stock ? (row.perSecond / stock.perSecond).toFixed(2) : '',
      row.cpuMicrosARequest.toFixed(0),
      stock ? (stock.cpuMicrosARequest / row.cpuMicrosARequest).toFixed(2) : '',
      row.p50.toFixed(1),
      row.p99.toFixed(1),
      (row.residentBytes / 2 ** 20).toFixed(0),
      row.shareOfCore.toFixed(2),
      row.beside.toFixed(2),
      row.others.toFixed(2),
    ];
    console.log(`  ${titles[row.name].padEnd(32)}${cells.map((cell) => cell.padStart(13)).join('')}`);
  }
  for (const row of rows) printErrors(row);
  printFetches(rows);
  printIdleCores(rows);
  printGoals(rows, goal);
}

function printErrors({ name, errors }: Measured): void {
  for (const [problem, count] of Object.entries(errors).slice(0, 3))
    console.log(`  !!! ${titles[name]}: ${count} times ${problem}`);
}

/** Where one asks its subgraphs more or less often than the others, which makes another comparison of it. */
function printFetches(rows: Measured[]): void {
  const usual = Math.round(rows[0]!.requestsToSubgraphs);
  for (const { name, requestsToSubgraphs } of rows)
    if (Math.round(requestsToSubgraphs) !== usual)
      console.log(`  !!! ${titles[name]}: ${requestsToSubgraphs.toFixed(1)} requests to subgraphs for each`);
}

/** A core that was not used up could have done more than its requests a second say. */
function printIdleCores(rows: Measured[]): void {
  const idle = rows.filter(({ shareOfCore }) => shareOfCore < 0.9).map(({ name }) => titles[name]);
  if (idle.length > 0)
    console.log(`  with part of their core left (clients, subgraphs or other work were the limit): ${idle.join(', ')}`);
}

function printGoals(rows: Measured[], goal: number | undefined): void {
  const [stock, ours, mercurius] = (['stock', 'ours', 'mercurius'] as const).map((name) =>
    rows.find((row) => row.name === name),
  );
  if (goal === undefined || !ours) return;
  const goals = [
    { what: `${goal} times stock`, other: stock, goal },
    { what: 'ahead of mercurius', other: mercurius, goal: 1 },
  ];
  for (const { what, other, goal: times } of goals) {
    if (!other) continue;
    const requests = ours.perSecond / other.perSecond;
    const cpu = other.cpuMicrosARequest / ours.cpuMicrosARequest;
    console.log(
      `  goal: ${what}: ${requests >= times ? 'reached' : 'not reached'}, ${requests.toFixed(2)} in requests a second, ${cpu.toFixed(2)} in CPU`,
    );
  }
}
