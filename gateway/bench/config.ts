import { z } from 'zod';
import { readEnvironment, wholeNumber } from '#shared/environment.ts';

const settings = {
  PORT_BASE: wholeNumber({ min: 1024, max: 65_000 }).default(4000).describe('The port of the gateway that is measured'),
};

/** Where the running system is that benchmarks measure. */
export function readBenchConfig() {
  const { PORT_BASE } = readEnvironment('the benchmarks', settings, process.env);
  const address = (offset: number) => `http://127.0.0.1:${PORT_BASE + offset}/graphql`;
  return { gatewayUrl: address(0), marketDataUrl: address(2) };
}

/** What the benchmark of fan-out takes from the environment. */
export function readFanOutConfig() {
  const fanOutSettings = {
    PROFILE_FOLDER: z.string().optional().describe('Where each gateway that is measured leaves a CPU profile'),
  };
  return { profileFolder: readEnvironment('the benchmark', fanOutSettings, process.env).PROFILE_FOLDER };
}
