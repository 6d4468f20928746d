import { answerCalls, sayReady } from '../processes/calls.ts';
import { startLoad } from './load.ts';
import { scenarios, type ScenarioName } from './scenarios.ts';

// The clients of the gateway that is measured.

let load: Awaited<ReturnType<typeof startLoad>> | undefined;

answerCalls({
  async start({ scenario, ...rest }: { port: number; connections: number; scenario: ScenarioName; begin: number }) {
    load = await startLoad({ ...rest, requests: scenarios[scenario] });
  },
  look: () => load!.look(),
  stop: () => load!.stop(),
});
sayReady();
