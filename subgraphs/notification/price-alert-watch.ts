import type { Logger } from '#shared/logger.ts';
import type { TickFollower } from '#shared/ticks/tick-follower.ts';
import type { Tick } from '#shared/ticks/tick.ts';
import { inTime, pause } from '#shared/waiting.ts';
import { createAlertBook, type AlertBook, type AlertChange, type WatchedAlert } from './domain/alert-book.ts';
import { alertPriceOf } from './domain/alert-levels.ts';
import { createPriceAlertTicks } from './price-alert-ticks.ts';
import type { PriceAlertWatchRepository } from './price-alert-watch-repository.ts';

/** Watches one symbol: judges every tick for every alert. */
export type PriceAlertWatch = {
  start(): void;
  /** Takes up alerts that were created since the last time, in the background. */
  takeUp(): void;
  /** Forgets an alert that is over. */
  forget(id: string): void;
  /** Writes how far the ticks have been judged, so that the next process begins there. */
  savePosition(): Promise<void>;
  size(): number;
  /** The last tick that was judged for all alerts; 0 before they are loaded. */
  position(): number;
  /** Ends the watching; `savePosition` may follow. */
  close(): Promise<void>;
};

/** Writes what a tick has done to alerts, and tells their owners. @returns the ids that were written */
export type WriteChanges = (tick: Tick, changes: readonly AlertChange[]) => Promise<Set<string>>;

const retryMs = 1_000;
/** Alerts that are read at once. */
const alertsAtOnce = 5_000;
/** Changes that are written in one transaction, and transactions that are under way at once. */
const changesAtOnce = 500;
const writersAtOnce = 4;
/** Reading that waits for a Redis which is away does not end before that is back; nobody waits for it. */
const closeMs = 1_000;

/**
 * What happens to an alert follows from its row and from the ticks behind the row's `state_sequence` alone: any worker
 * comes to the same result, and a change is written only where the row still stands as it stood when the tick was judged.
 * So judging a tick twice, or by two workers, does no harm; what must not happen is that a tick is not judged. Therefore
 * every change of state, arming too, is written before the next tick is judged, and the position that is stored says two
 * things: ticks up to a sequence are judged, for alerts up to a number. A process that starts begins there, or before it
 * where an alert with a higher number was created before: that alert's row says behind which tick. An alert that is
 * created while the watch runs is judged by itself for the ticks between its creation and the place of the watch.
 */
export function createPriceAlertWatch(options: {
  symbol: string;
  follower: Pick<TickFollower, 'ticks'>;
  repository: PriceAlertWatchRepository;
  write: WriteChanges;
  /** Called when a tick is judged, with the milliseconds that it took, writing included. */
  onJudged: (tookMs: number) => void;
  logger: Logger;
}): PriceAlertWatch {
  const { symbol, repository, write, logger } = options;
  const closing = new AbortController();
  const { signal } = closing;
  const ticks = createPriceAlertTicks({ ...options, signal });
  const book = createAlertBook();
  /** All ticks up to here are judged, and what they did is written; undefined until the alerts are loaded. */
  let position: number | undefined;
  /** All alerts up to this number are in the book, or over. */
  let coveredCount = 0;
  let willTakeUp = false;
  let underWay: Promise<unknown> = Promise.resolve();
  let running: Promise<void> | undefined;

  /** One thing at a time: a tick, or alerts that are taken up. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const done = underWay.then(work);
    underWay = done.catch(() => undefined);
    return done;
  }

  async function run(): Promise<void> {
    const begin = await alone(() => persistently('price alerts could not be loaded; trying again', load));
    if (begin === undefined) return;
    for await (const tick of ticks.behind(begin)) await alone(() => judge(tick));
  }

  /** Reads what is to be watched. @returns the sequence behind which the watch begins */
  async function load(): Promise<number> {
    // In this order: alerts that are read after the position stand as it says, or are ahead of it.
    const stored = await repository.position(symbol);
    let begin = stored.sequence > 0 ? stored.sequence : Number.MAX_SAFE_INTEGER;
    for await (const alerts of alertsBehind(0, stored.alertCount)) {
      for (const alert of alerts) {
        book.add(alert);
        if (alert.number > stored.coveredCount) begin = Math.min(begin, alert.stateSequence);
      }
    }
    coveredCount = stored.alertCount;
    position = begin === Number.MAX_SAFE_INTEGER ? 0 : begin;
    logger.info({ symbol, alerts: book.size(), behind: position }, 'watching prices for alerts');
    return position;
  }

  async function* alertsBehind(behind: number, upTo: number) {
    for (let last = behind; last < upTo;) {
      const alerts = await repository.alerts(symbol, { behind: last, upTo, limit: alertsAtOnce });
      if (alerts.length === 0) return;
      yield alerts;
      last = alerts.at(-1)!.number;
    }
  }

  async function judge(tick: Tick): Promise<void> {
    const begun = performance.now();
    await reload(await writeAll(tick, changesBy(tick, book)), tick.sequence);
    if (signal.aborted) return;
    position = tick.sequence;
    options.onJudged(performance.now() - begun);
  }

  /** Writes changes, however long PostgreSQL is away. @returns alerts that somebody else has changed before */
  async function writeAll(tick: Tick, changes: readonly AlertChange[]): Promise<string[]> {
    const overtaken: string[] = [];
    const pieces = Array.from({ length: Math.ceil(changes.length / changesAtOnce) }, (_, index) =>
      changes.slice(index * changesAtOnce, (index + 1) * changesAtOnce),
    );
    const writePieces = async () => {
      for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
        const changed = piece;
        const written = await persistently('price alerts could not be written; trying again', () =>
          write(tick, changed),
        );
        if (written) overtaken.push(...changed.filter(({ id }) => !written.has(id)).map(({ id }) => id));
      }
    };
    await Promise.all(Array.from({ length: writersAtOnce }, writePieces));
    return overtaken;
  }

  /** Takes alerts that stand elsewhere than was believed as they stand now. @param here the sequence that the watch has reached */
  async function reload(ids: readonly string[], here: number): Promise<void> {
    if (ids.length === 0) return;
    await persistently('price alerts could not be read again; trying again', async () => {
      const alerts = await repository.byIds(ids);
      for (const id of ids) book.remove(id);
      await join(alerts, here);
    });
  }

  /** Judges alerts by themselves for the ticks that they have missed, and watches them from here. */
  async function join(alerts: readonly WatchedAlert[], here: number): Promise<void> {
    const late = createAlertBook();
    for (const alert of alerts) (alert.stateSequence < here ? late : book).add(alert);
    const begin = alerts.reduce((least, { stateSequence }) => Math.min(least, stateSequence), here);
    const overtaken: string[] = [];
    for await (const tick of ticks.between(begin, here)) {
      for (const id of await writeAll(tick, changesBy(tick, late))) {
        late.remove(id);
        overtaken.push(id);
      }
    }
    for (const alert of late.all()) book.add(alert);
    await reload(overtaken, here);
  }

  async function takeUpNew(): Promise<void> {
    if (position === undefined) return;
    const { alertCount } = await repository.position(symbol);
    for await (const alerts of alertsBehind(coveredCount, alertCount)) await join(alerts, position);
    if (!signal.aborted) coveredCount = Math.max(coveredCount, alertCount);
  }

  /** @returns `undefined` when the watch ends before the work has succeeded */
  async function persistently<T>(problem: string, work: () => Promise<T>): Promise<T | undefined> {
    while (!signal.aborted) {
      try {
        return await work();
      } catch (err) {
        logger.error({ err, symbol }, problem);
        await pause(retryMs, signal);
      }
    }
    return undefined;
  }

  return {
    start() {
      running ??= run();
    },
    takeUp() {
      if (willTakeUp || signal.aborted) return;
      willTakeUp = true;
      alone(() => {
        // What is created from here on is told of again.
        willTakeUp = false;
        return takeUpNew();
      }).catch((err: unknown) => logger.warn({ err, symbol }, 'new price alerts could not be taken up yet'));
    },
    forget: (id) => book.remove(id),
    savePosition: () =>
      alone(async () => {
        if (position) await repository.savePosition(symbol, { sequence: position, coveredCount });
      }),
    size: () => book.size(),
    position: () => position ?? 0,
    async close() {
      closing.abort();
      await inTime(Promise.all([running, underWay]), closeMs);
    },
  };
}

/** What a tick does to alerts: nothing where its price is an indication only, or made with something too old. */
function changesBy(tick: Tick, book: AlertBook): AlertChange[] {
  if (tick.quality === 'INDICATIVE' || tick.quality === 'STALE') return [];
  return book.apply(tick.sequence, alertPriceOf(tick));
}
