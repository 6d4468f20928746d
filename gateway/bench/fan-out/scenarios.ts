import type { Launcher } from '../processes/launcher.ts';
import { measure, measureWindow, type Load } from './measurement.ts';
import type { ClientTransport } from './open-subscription.ts';
import { differentOperations, promisedOperation } from './operations.ts';
import { printTable } from './print.ts';
import { bareWs, graphqlWs, type StartServer } from './servers.ts';
import { join, memoryAddedBy, rehearse, settled, startTrial, type Trial } from './trial.ts';

/** How much of it: the defaults of each scenario unless the arguments say otherwise. */
export type Size = { clients: number; perSecond: number; seconds: number };

export type Scenario = { size: Size; run(launcher: Launcher, gateway: StartServer, size: Size): Promise<void> };

const transports: ClientTransport[] = ['websocket', 'sse', 'multipart'];
const withProducts = promisedOperation('LivePriceWithProducts');
const priceAlone = promisedOperation('LivePrice');

const slowClients = 100;
/** By so many ticks at a time what the system buffers for a client is filled: some megabytes. */
const fillingTicks = { perSecond: 200, count: 500 };
const fillingRounds = 20;
/** About as much as the slow clients will be sent: what that leaves behind in the process is not their doing. */
const asMuch = { clients: slowClients, ticks: { perSecond: 250, count: 2_000 } };

export const scenarios: Record<string, Scenario> = {
  products: { size: { clients: 2_000, perSecond: 10, seconds: 8 }, run: besidePeers(withProducts) },
  prices: { size: { clients: 2_000, perSecond: 10, seconds: 8 }, run: besidePeers(priceAlone) },
  slow: { size: { clients: 2_000, perSecond: 10, seconds: 8 }, run: besideSlowClients },
  transports: { size: { clients: 10_000, perSecond: 1, seconds: 10 }, run: overAllTransports },
  operations: { size: { clients: 500, perSecond: 5, seconds: 8 }, run: ofDifferentOperations },
};

/** One operation over WebSocket: the gateway after its peers, each alone. */
function besidePeers(operation: typeof withProducts): Scenario['run'] {
  return async (launcher, gateway, size) => {
    const load = loadOf(size, () => ({ transport: 'websocket', operation }));
    const rows = [];
    for (const server of [bareWs, graphqlWs, gateway]) rows.push(await measure(launcher, server, load));
    printTable(describe(size), rows);
  };
}

/**
 * The same clients of one gateway beside some that have stopped to read, and without them. What the system buffers for
 * these is filled first, or the gateway would not notice them for minutes.
 */
async function besideSlowClients(launcher: Launcher, gateway: StartServer, size: Size): Promise<void> {
  const load = loadOf(size, () => ({ transport: 'websocket', operation: withProducts }));
  const trial = await startTrial(launcher, gateway, withProducts);
  await rehearse(trial, withProducts, asMuch);
  const before = await trial.server.memory();
  const { closed: closedBefore = 0 } = await trial.server.counters();
  await join(trial, 'slow', load.clients.slice(0, slowClients), { isPaused: true });
  await fillBuffers(trial);
  const { residentKiB, heapKiB } = await memoryAddedBy(slowClients, before, trial);
  await join(trial, 'others', load.clients);
  const beside = await measureWindow(trial, 'others', load);
  const { closed = 0 } = await trial.server.counters();
  await trial.clients.leave('slow');
  const without = await measureWindow(trial, 'others', load);
  await trial.stop();
  printTable(`${describe(size)}, beside ${slowClients} more that have stopped to read`, [
    { ...without, name: 'gateway without them' },
    { ...beside, name: 'gateway beside them' },
  ]);
  console.log(
    `  each slow client adds ${residentKiB.toFixed(0)} KiB (${heapKiB.toFixed(0)} held) when nothing more can be sent to it; ${closed - closedBefore} of ${slowClients} were closed`,
  );
}

/** Makes ticks until nearly all messages to those that do not read are conflated. */
async function fillBuffers({ server }: Trial): Promise<void> {
  for (let round = 0; round < fillingRounds; round += 1) {
    const before = await server.counters();
    await server.tick(fillingTicks);
    await settled();
    const { sent = 0, conflated = 0 } = await server.counters();
    if (sent - (before.sent ?? 0) < (conflated - (before.conflated ?? 0)) / 10) return;
  }
  console.log('  the slow clients have taken in all that they were sent: what follows says little of them');
}

/** Every kind of client on one gateway. */
async function overAllTransports(launcher: Launcher, gateway: StartServer, size: Size): Promise<void> {
  const load = loadOf(size, (client) => ({ transport: transports[client % 3]!, operation: priceAlone }));
  printTable(`${describe(size)}, a third each by ${transports.join(', ')}`, [await measure(launcher, gateway, load)]);
}

/** As many operations as clients. */
async function ofDifferentOperations(launcher: Launcher, gateway: StartServer, size: Size): Promise<void> {
  const operations = differentOperations(size.clients);
  const load = loadOf(size, (client) => ({ transport: 'websocket', operation: operations[client]! }));
  printTable(`${describe(size)}, each with an operation of its own`, [await measure(launcher, gateway, load)]);
}

function loadOf({ clients, ...pace }: Size, subscription: (client: number) => Load['clients'][number]): Load {
  return { ...pace, clients: Array.from({ length: clients }, (_client, index) => subscription(index)) };
}

function describe({ clients, perSecond, seconds }: Size): string {
  return `${clients.toLocaleString('en')} clients, ${perSecond} ticks a second for ${seconds} s`;
}
