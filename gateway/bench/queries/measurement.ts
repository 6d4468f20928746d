import { setTimeout as wait } from 'node:timers/promises';
import { quantile } from '../processes/histogram.ts';
import type { BenchProcess, Launcher } from '../processes/launcher.ts';
import type { Memory, Usage } from '../processes/report-usage.ts';
import { measured, type ContestantName, type Contestants } from './contestants.ts';
import { sumOf, type Counted } from './load.ts';
import { readMachine, type MachineUsage } from './machine.ts';
import type { ScenarioName } from './scenarios.ts';

/** What was seen of one gateway in one scenario: medians of the rounds, and latencies of all of them. */
export type Measured = {
  name: ContestantName;
  perSecond: number;
  /** CPU of the gateway's process in microseconds, all threads. */
  cpuMicrosARequest: number;
  p50: number;
  p99: number;
  residentBytes: number;
  /** Of the core that the gateway has for itself. */
  shareOfCore: number;
  /** CPU of clients and subgraphs, in cores. */
  beside: number;
  /** CPU of everything else on the machine, in cores. */
  others: number;
  requestsToSubgraphs: number;
  errors: Record<string, number>;
};

export type Trial = { seconds: number; rounds: number; names: readonly ContestantName[] };

const connections = 32;
/** After its start a gateway is asked so often, uncounted, that what runs is compiled; but for no longer than that. */
const rehearsal = { answers: 3_000, leastSeconds: 3, mostSeconds: 15 };
/** Seconds of each round that are not counted. */
const warmUpSeconds = 0.3;

type Round = {
  counted: Counted;
  gatewayMicros: number;
  besideMicros: number;
  machine: MachineUsage;
  subgraphRequests: number;
};
type Runner = { name: ContestantName; gateway: BenchProcess; rounds: Round[]; residentBytes: number };

/** Measures in one scenario, each gateway freshly started; in turns, so that what else the machine does hits all alike. */
export async function measureScenario(
  launcher: Launcher,
  contestants: Contestants,
  subgraphs: BenchProcess,
  scenario: ScenarioName,
  { seconds, rounds, names }: Trial,
): Promise<Measured[]> {
  const clients = await launcher.start('gateway/bench/queries/load-process.ts', 'beside', { nodeArguments: measured });
  const runners: Runner[] = [];
  let begin = 0;

  const usedBy = async ({ ask }: BenchProcess) => (await ask<Usage>('usage')).cpuMicros;
  const look = async (gateway: BenchProcess) => ({
    machine: readMachine(),
    gateway: await usedBy(gateway),
    beside: (await usedBy(clients)) + (await usedBy(subgraphs)),
    requests: await subgraphs.ask<number>('requests'),
  });

  const start = ({ port }: BenchProcess) => clients.ask('start', { port, connections, scenario, begin });
  const stop = async () => (begin = await clients.ask<number>('stop'));

  async function rehearse(gateway: BenchProcess): Promise<void> {
    await start(gateway);
    let [answers, seconds] = [0, 0];
    while (seconds < rehearsal.mostSeconds && (seconds < rehearsal.leastSeconds || answers < rehearsal.answers)) {
      await wait(500);
      const counted = await clients.ask<Counted>('look');
      answers += counted.answers;
      seconds += counted.seconds;
    }
    await stop();
  }

  async function measureRound({ gateway }: Runner): Promise<Round> {
    await start(gateway);
    await wait(warmUpSeconds * 1_000);
    const before = await look(gateway);
    await clients.ask('look');
    await wait(seconds * 1_000);
    const counted = await clients.ask<Counted>('look');
    const after = await look(gateway);
    await stop();
    return {
      counted,
      gatewayMicros: after.gateway - before.gateway,
      besideMicros: after.beside - before.beside,
      subgraphRequests: after.requests - before.requests,
      machine: { busyMicros: after.machine.busyMicros - before.machine.busyMicros },
    };
  }

  for (const name of names) {
    const gateway = await contestants.start(name, `${name}-${scenario}`);
    await rehearse(gateway);
    runners.push({ name, gateway, rounds: [], residentBytes: 0 });
  }
  for (let round = 0; round < rounds; round += 1)
    for (const runner of runners) runner.rounds.push(await measureRound(runner));
  for (const runner of runners) {
    runner.residentBytes = (await runner.gateway.ask<Memory>('memory')).residentBytes;
    await runner.gateway.stop();
  }
  await clients.stop();
  return runners.map(summary);
}

function summary({ name, rounds, residentBytes }: Runner): Measured {
  const { latency, errors } = sumOf(rounds.map(({ counted }) => counted));
  const micros = ({ counted }: Round) => counted.seconds * 1_000_000;
  return {
    name,
    residentBytes,
    errors,
    p50: quantile(latency, 0.5),
    p99: quantile(latency, 0.99),
    perSecond: median(rounds, ({ counted }) => counted.answers / counted.seconds),
    cpuMicrosARequest: median(rounds, ({ counted, gatewayMicros }) => gatewayMicros / counted.answers),
    shareOfCore: median(rounds, (round) => round.gatewayMicros / micros(round)),
    beside: median(rounds, (round) => round.besideMicros / micros(round)),
    others: median(rounds, (round) =>
      Math.max(0, (round.machine.busyMicros - round.gatewayMicros - round.besideMicros) / micros(round)),
    ),
    requestsToSubgraphs: median(rounds, ({ counted, subgraphRequests }) => subgraphRequests / counted.answers),
  };
}

function median<Item>(items: Item[], valueOf: (item: Item) => number): number {
  const values = items.map(valueOf).toSorted((a, b) => a - b);
  const middle = Math.floor(values.length / 2);
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
