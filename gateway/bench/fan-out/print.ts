import type { Measured, Window } from './measurement.ts';

type Row = Window & Partial<Measured>;

/** A line for each server, and how the last one stands to those before it. */
export function printTable(title: string, rows: Row[]): void {
  console.log(`\n${title}`);
  console.log(
    `  ${''.padEnd(22)}${['messages/s', 'lost', 'CPU µs each', 'of a core', 'KiB a client', 'p50 ms', 'p99 ms', 'bytes'].map((head) => head.padStart(13)).join('')}`,
  );
  for (const row of rows) {
    const cells = [
      Math.round(row.messagesPerSecond).toLocaleString('en'),
      `${row.missing} of ${inShort(row.expected)}`,
      row.cpuMicrosAMessage.toFixed(1),
      row.shareOfCore.toFixed(2),
      row.residentKiB === undefined ? '' : `${row.residentKiB.toFixed(0)} (${row.heapKiB!.toFixed(0)})`,
      row.p50.toFixed(1),
      row.p99.toFixed(1),
      row.bytesAMessage.toFixed(0),
    ];
    console.log(`  ${row.name.padEnd(22)}${cells.map((cell) => cell.padStart(13)).join('')}`);
  }
  for (const row of rows) printRemarks(row);
  printRatios(rows);
}

function printRatios(rows: Row[]): void {
  const last = rows.at(-1)!;
  for (const other of rows.slice(0, -1)) {
    const times = (ratio: number) => ratio.toFixed(2);
    const kib = last.residentKiB && other.residentKiB ? `, KiB ${times(last.residentKiB / other.residentKiB)}` : '';
    console.log(
      `  ${last.name} to ${other.name}: CPU a message ${times(last.cpuMicrosAMessage / other.cpuMicrosAMessage)}, p99 ${times(last.p99 / other.p99)}${kib}`,
    );
  }
}

function printRemarks(row: Row): void {
  const { upstreams, executed, received, sent, conflated, dropped, requests } = row.counters;
  const parts = [
    upstreams !== undefined && `${upstreams} upstreams`,
    received !== undefined && `${aTick(received)} events received`,
    executed !== undefined && `${aTick(executed)} executions`,
    requests !== undefined && `${aTick(requests)} requests for entities`,
    sent !== undefined && `${aTick(sent)} messages sent`,
  ].filter((part) => part !== false);
  if (parts.length > 0) console.log(`  ${row.name}: ${parts.join(', ')} a tick`);
  if (conflated) console.log(`  ${row.name}: ${conflated} messages conflated`);
  if (dropped) console.log(`  ${row.name}: ${dropped} messages dropped`);
  if (row.disordered > 0) console.log(`  ${row.name}: ${row.disordered} messages repeated or out of order`);
  if (row.mismatched > 0) console.log(`  ${row.name}: ${row.mismatched} messages with a price of another tick`);
  for (const [reason, count] of Object.entries(row.ended))
    console.log(`  ${row.name}: ${count} clients ended: ${reason}`);

  function aTick(count: number): string {
    return (count / row.ticks).toFixed(2).replace(/\.00$/, '');
  }
}

function inShort(count: number): string {
  return count < 10_000 ? String(count) : `${Math.round(count / 1_000)}k`;
}
