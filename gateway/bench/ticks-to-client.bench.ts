import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { readBenchConfig } from './config.ts';

// How long a tick takes to reach a client: straight from market-data, through the gateway, and through the gateway joined
// with five products of two other subgraphs. All three are measured on the same ticks of a system that runs already
// (`npm start`), so what counts are the ratios. Arguments: clients each (default 10), seconds (default 20).

type Path = { name: string; url: string; fields: string };
type Event = { priceUpdated: { sequence: string; receivedAt: string } };

const [clients = 10, seconds = 20] = process.argv.slice(2).map(Number);
const { gatewayUrl, marketDataUrl } = readBenchConfig();
const products =
  'instrument { products(first: 5) { nodes { sku name stock { available } price(side: BUY, quantity: 1) { total { amount currency } } } } }';
const paths: Path[] = [
  { name: 'market-data itself', url: marketDataUrl, fields: '' },
  { name: 'through the gateway', url: gatewayUrl, fields: '' },
  { name: 'joined with products', url: gatewayUrl, fields: products },
];

const results = await Promise.all(paths.map(measure));
const [base] = results;
console.log(
  `${clients} clients on each path, ${seconds} s; milliseconds from a tick's arrival at market-data to the client`,
);
for (const { name, ages, messagesPerSecond } of results) {
  const ratio = (quantile(ages, 0.5) / quantile(base!.ages, 0.5)).toFixed(2);
  const cells = [
    `p50 ${quantile(ages, 0.5).toFixed(1)}`,
    `p99 ${quantile(ages, 0.99).toFixed(1)}`,
    `${messagesPerSecond.toFixed(0)} messages/s`,
  ];
  console.log(
    `  ${name.padEnd(22)} ${cells.map((cell) => cell.padEnd(16)).join('')} p50 ${ratio} times market-data itself`,
  );
}

async function measure({ name, url, fields }: Path) {
  const ages: number[] = [];
  const query = `subscription { priceUpdated(symbol: "XAU-USD") { sequence receivedAt ${fields} } }`;
  const sockets = Array.from({ length: clients }, () =>
    createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 }),
  );
  const reading = sockets.map(async (socket) => {
    let isSnapshot = true;
    for await (const { data, errors } of socket.iterate<Event>({ query })) {
      if (errors || !data) throw new Error(`${name}: ${JSON.stringify(errors)}`);
      // The first event is the current price, however old it is.
      if (!isSnapshot) ages.push(performance.timeOrigin + performance.now() - Date.parse(data.priceUpdated.receivedAt));
      isSnapshot = false;
    }
  });
  await Promise.race([new Promise((resolve) => setTimeout(resolve, seconds * 1_000)), ...reading]);
  await Promise.all(sockets.map((socket) => socket.dispose()));
  if (ages.length === 0) throw new Error(`${name}: no price arrived; is the system running (npm start)?`);
  return { name, ages: ages.toSorted((a, b) => a - b), messagesPerSecond: ages.length / seconds };
}

function quantile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
