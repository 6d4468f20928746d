import { cpus } from 'node:os';

/** CPU that the machine has used on all cores since its start, in microseconds; other people's work included. */
export type MachineUsage = { busyMicros: number };

export function readMachine(): MachineUsage {
  let busyMs = 0;
  for (const { times } of cpus()) busyMs += times.user + times.nice + times.sys + times.irq;
  return { busyMicros: busyMs * 1_000 };
}
