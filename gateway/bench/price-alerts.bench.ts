import { decimal } from '#shared/decimal.ts';
import { createAlertBook, type AlertBook } from '../../subgraphs/notification/domain/alert-book.ts';
import {
  alertLevelsOf,
  alertPriceOf,
  type PriceAlertCondition,
} from '../../subgraphs/notification/domain/alert-levels.ts';

// What a tick costs that meets no price alert, with many alerts armed in memory: beside a binary search in as many sorted
// numbers, which is the least that finding out can cost, and beside a look at every one of them. What counts are the
// ratios. It needs no running system. Argument: alerts (default a million).

type Quote = { bid: string; ask: string };
type Measured = { name: string; nsEach: number };

const alertCount = Number(process.argv[2] ?? 1_000_000);
/** The price moves within a gap that no threshold lies in; half of the alerts wait above it, half of them below. */
const gap = { low: 4_100, high: 4_101 };
const random = createRandom(42);
const thresholds = Float64Array.from({ length: alertCount }, (_, index) =>
  index % 2 ? gap.high + 0.01 + random() * 2_000 : gap.low - 0.01 - random() * 2_000,
);
const quotes = Array.from({ length: 4_096 }, (): Quote => {
  const mid = gap.low + 0.2 + random() * 0.6;
  return { bid: (mid - 0.15).toFixed(2), ask: (mid + 0.15).toFixed(2) };
});

const book = filledBook(thresholds);
const sorted = thresholds.toSorted();
const prices = quotes.map(alertPriceOf);
const mids = Float64Array.from(quotes, ({ bid, ask }) => (Number(bid) + Number(ask)) / 2);
let sequence = 1;

const results = [
  measure('binary search in sorted numbers', 2_000_000, (turn) => placeIn(sorted, mids[turn % mids.length]!)),
  measure('the alert book', 2_000_000, (turn) => judge(prices[turn % prices.length]!)),
  measure('the alert book, reading the price too', 500_000, (turn) =>
    judge(alertPriceOf(quotes[turn % quotes.length]!)),
  ),
  measure('a look at every number', 100, (turn) => metOf(thresholds, mids[turn % mids.length]!)),
];
const [limit] = results;
console.log(`${book.size().toLocaleString('en')} alerts armed; nanoseconds for a tick that meets none of them`);
for (const { name, nsEach } of results) {
  const ns = nsEach.toLocaleString('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  const ratio = (nsEach / limit!.nsEach).toLocaleString('en', { maximumSignificantDigits: 3 });
  console.log(`  ${name.padEnd(38)} ${ns.padStart(12)}   ${ratio} times the binary search`);
}

function filledBook(levels: Float64Array): AlertBook {
  const filled = createAlertBook();
  const begun = performance.now();
  for (const [index, level] of levels.entries()) {
    const condition: PriceAlertCondition = level > gap.high ? 'CROSS_ABOVE' : 'CROSS_BELOW';
    const threshold = decimal(level.toFixed(8));
    filled.add({
      id: String(index),
      condition,
      levels: alertLevelsOf({ condition, threshold, unit: 'TROY_OUNCE', fineness: decimal(1000) }, 10),
      isRecurring: true,
      isArmed: true,
      hasFired: false,
      stateSequence: 0,
    });
  }
  // The first tick puts every alert in its place.
  if (filled.apply(1, alertPriceOf(quotes[0]!)).length > 0) throw new Error('an alert fired that must not');
  console.log(`armed in ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  return filled;
}

/** Judges the next tick. @returns how many alerts it has met */
function judge(price: bigint): number {
  sequence += 1;
  return book.apply(sequence, price).length;
}

/** How many of the sorted numbers are below a price. */
function placeIn(numbers: Float64Array, price: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < price) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many thresholds a price meets, found by looking at each: those above the gap from below, those below it from above. */
function metOf(numbers: Float64Array, price: number): number {
  let met = 0;
  for (const number of numbers) if (number > gap.high ? price >= number : price <= number) met += 1;
  return met;
}

/** The best of five rounds, after one that is not counted: whatever else runs on the machine only ever adds time. */
function measure(name: string, turns: number, work: (turn: number) => number): Measured {
  let best = Infinity;
  let sum = 0;
  for (let round = 0; round < 6; round += 1) {
    const begun = performance.now();
    for (let turn = 0; turn < turns; turn += 1) sum += work(turn);
    if (round > 0) best = Math.min(best, performance.now() - begun);
  }
  // Using what was found keeps it from being optimised away.
  if (!Number.isFinite(sum)) throw new Error(name);
  return { name, nsEach: (best * 1_000_000) / turns };
}

/** Numbers from 0 up to 1, the same in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
