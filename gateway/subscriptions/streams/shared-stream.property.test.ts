import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { UpstreamEvent } from '../upstreams/upstream-stream.ts';
import type { SharedStream } from './shared-stream.ts';
import { driveStream, settled, type DrivenClient, type OwnSubscription } from './test/driven-stream.ts';

beforeAll(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterAll(() => void jest.useRealTimers());

const steps = [
  'happen',
  'arrive',
  'arrive',
  'repeat',
  'execute',
  'execute',
  'execute',
  'join',
  'resume',
  'leave',
  'tell',
  'tell',
  'drain',
  'pass',
] as const;
type Step = readonly [(typeof steps)[number], number];
type Present = {
  client: DrivenClient;
  after: number | undefined;
  /** What had been published when it came. */
  before: readonly string[];
};

/** What is named `7` is the event of sequence 7; `7r2` tells it once more, as a stale price is. */
const sequenceOf = (name: string) => Number.parseInt(name, 10);
const repeatOf = (name: string) => Number(name.split('r')[1] ?? 0);
const eventOf = (sequence: number, name = String(sequence)): UpstreamEvent => ({ data: { name }, sequence });

/** A subgraph whose events reach the gateway some time after they have happened, and clients who come and go. */
async function play(played: readonly Step[], options: { isConflatable: boolean; isLate: boolean }) {
  let head = 3;
  let arrived = 3;
  let repeats = 0;
  const clients: Present[] = [];
  const missedRepeats: string[] = [];
  const driven = driveStream({
    ...options,
    ...(options.isLate && { latest: eventOf(arrived) }),
    onPublished(name) {
      if (!name.includes('r')) return;
      for (const { client } of clients) {
        const last = client.received.at(-1) ?? '0';
        // Who has been given a later repetition as the current state needs no earlier one.
        const isDue = sequenceOf(last) === sequenceOf(name) && repeatOf(last) < repeatOf(name);
        if (isDue && !client.hasLeft) missedRepeats.push(`${name} behind ${client.received}`);
      }
    },
  });
  if (!options.isLate) arrived = 0;
  const told = new Map<OwnSubscription, number>();
  let current: { stream: SharedStream; ends: number } = { stream: driven.stream, ends: 0 };

  function join(after: number | undefined, number: number): void {
    // A stream that has ended is not joined any more; the next one is on the same upstream.
    if (driven.ends() > current.ends) current = { stream: driven.open(), ends: driven.ends() };
    const before = driven.published.map(({ name }) => name);
    const how = { stream: current.stream, isSlow: number % 3 === 0 };
    clients.push({ client: driven.join(after === undefined ? undefined : String(after), how), after, before });
  }

  /** An own subscription goes on by one event, when there is one. */
  function tell(subscription: OwnSubscription): boolean {
    const position =
      told.get(subscription) ?? (subscription.after === undefined ? head - 1 : Number(subscription.after));
    if (position >= head) return false;
    told.set(subscription, position + 1);
    subscription.send(eventOf(position + 1));
    return true;
  }

  const do_: Record<(typeof steps)[number], (number: number) => void> = {
    happen: () => (head += 1),
    arrive() {
      if (arrived === 0) arrived = head - 1;
      if (arrived === head) head += 1;
      driven.emit(eventOf((arrived += 1)));
    },
    repeat() {
      if (arrived > 0) driven.emit(eventOf(arrived, `${arrived}r${(repeats += 1)}`));
    },
    execute: (number) => driven.executions.splice(number % (driven.executions.length || 1), 1)[0]?.finish(),
    join: (number) => join(undefined, number),
    resume: (number) => join(Math.max(1, head - (number % 6)), number),
    leave: (number) => clients[number % (clients.length || 1)]?.client.leave(),
    tell(number) {
      const open = driven.own.filter((subscription) => !subscription.isOver());
      if (open.length > 0) tell(open[number % open.length]!);
    },
    drain: (number) => clients[number % (clients.length || 1)]?.client.drain(),
    pass: (number) => void jest.advanceTimersByTime(number * 30),
  };
  for (const [step, number] of played) {
    do_[step](number);
    await settled();
  }

  // Then it all comes to rest, and one event more shows that everybody is still there.
  for (const isLast of [false, true]) {
    if (isLast || arrived === 0) do_.arrive(0);
    while (arrived < head) do_.arrive(0);
    for (let isMoving = true; isMoving;) {
      await settled();
      for (const { client } of clients) client.drain();
      const isExecuting = driven.executions.length > 0;
      for (const { finish } of driven.executions.splice(0)) finish();
      await settled();
      const isTelling = driven.own.filter((subscription) => !subscription.isOver() && tell(subscription)).length > 0;
      await settled();
      isMoving = isExecuting || isTelling || driven.executions.length > 0;
    }
  }
  return { clients, head, missedRepeats, conflated: driven.conflated() };
}

const played = fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat({ max: 50 })), { minLength: 5, maxLength: 70 });
const runs = { numRuns: 300 };

function expectGapFree({ client, after, before }: Present, isEveryEventKept: boolean, head: number): void {
  const { received } = client;
  const names = received.join(' ');
  expect(client.wasDisturbed).toBe(false);
  // Nothing is received twice.
  expect(new Set(received).size).toBe(received.length);
  let last = after ?? sequenceOf(received[0] ?? '1');
  // The current state is not older than what others had been sent.
  if (after === undefined && received.length > 0) expect(last).toBeGreaterThanOrEqual(sequenceOf(before.at(-1) ?? '0'));
  for (const [index, name] of received.entries()) {
    const sequence = sequenceOf(name);
    const isNext = sequence === last + 1 || (sequence === last && (name.includes('r') || (index === 0 && !after)));
    // Who was there when an event was left out does not receive it; who comes later does.
    const isBehindGap = !isEveryEventKept && sequence > last && !before.includes(name);
    if (!isNext && !isBehindGap) throw new Error(`${name} follows ${last} in ${names}, behind ${after}`);
    last = sequence;
  }
  if (!client.hasLeft) expect([names, client.endings, last]).toEqual([names, [], head]);
}

test.each([true, false])(
  'whoever comes and goes whenever, each client receives every event from its start in order, once (an old upstream: %s)',
  async (isLate) => {
    await fc.assert(
      fc.asyncProperty(played, async (steps_) => {
        const { clients, head, missedRepeats, conflated } = await play(steps_, { isConflatable: false, isLate });
        expect(conflated).toBe(0);
        expect(missedRepeats).toEqual([]);
        for (const client of clients) expectGapFree(client, true, head);
      }),
      runs,
    );
  },
);

test.each([true, false])(
  'where newer events replace older ones, only what was replaced is missing (an old upstream: %s)',
  async (isLate) => {
    await fc.assert(
      fc.asyncProperty(played, async (steps_) => {
        const { clients, head, missedRepeats, conflated } = await play(steps_, { isConflatable: true, isLate });
        expect(missedRepeats).toEqual([]);
        for (const client of clients) expectGapFree(client, conflated === 0, head);
      }),
      runs,
    );
  },
);
