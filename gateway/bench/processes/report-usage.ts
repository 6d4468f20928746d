import { answerCalls } from './calls.ts';

/** What a process has used: CPU since its start in microseconds, memory in bytes. */
export type Usage = { cpuMicros: number };
export type Memory = { residentBytes: number; heapBytes: number };

// Loaded into a server before its own code (`--import`), so that the gateway and its peers are measured the same way.
answerCalls({
  usage: (): Usage => {
    const { user, system } = process.cpuUsage();
    return { cpuMicros: user + system };
  },
  /** After two collections: what is left is held. The heap is everything that JavaScript holds, buffers included. */
  memory: (): Memory => {
    for (let round = 0; round < 2; round += 1) globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { residentBytes: rss, heapBytes: heapUsed + external };
  },
});
