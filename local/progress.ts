/** The console while something starts: lines for what is done, and on a terminal a line for what is going on. */
export type Progress = {
  line(text: string): void;
  /** Runs one step, and prints how long it took; what takes long is named while it runs. */
  step<Result>(text: string, work: () => Promise<Result>): Promise<Result>;
  /** Shows how far a work of `total` rows has come; the first `before` were done by an earlier run and tell nothing of the pace. */
  meter(options: { total: number; before: number }): Meter;
};

/** A work that goes on: on a terminal a line with a bar that is drawn anew, else a plain line every few seconds. */
export type Meter = { at(done: number): void; end(): void };

/** Milliseconds between two drawings of a bar, and between two plain lines. */
const meterEveryMs = { terminal: 100, plain: 5_000 };
const barWidth = 24;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Creates the console's progress; `isTerminal` shows a spinner, else only plain lines are written. */
export function createProgress(options: { write: (text: string) => void; isTerminal: boolean }): Progress {
  const { write, isTerminal } = options;
  const clear = () => isTerminal && write('\r\x1b[K');
  const line = (text: string) => {
    clear();
    write(`${text}\n`);
  };
  return {
    line,
    async step(text, work) {
      const startedAt = performance.now();
      let frame = 0;
      const show = () => write(`\r\x1b[K${frames[frame++ % frames.length]} ${text} …`);
      const timer = isTerminal ? setInterval(show, 80) : setTimeout(() => line(`  ${text} …`), 2000);
      try {
        const result = await work();
        clearInterval(timer);
        line(`✓ ${text} (${formatSeconds(performance.now() - startedAt)})`);
        return result;
      } catch (error) {
        clearInterval(timer);
        line(`✗ ${text} (${formatSeconds(performance.now() - startedAt)})`);
        throw error;
      }
    },
    meter({ total, before }) {
      const startedAt = performance.now();
      let shownAt = isTerminal ? -Infinity : startedAt;
      return {
        at(done) {
          const now = performance.now();
          if (now - shownAt < (isTerminal ? meterEveryMs.terminal : meterEveryMs.plain)) return;
          shownAt = now;
          const text = describePace({ total, before, done, seconds: (now - startedAt) / 1000 });
          if (isTerminal) write(`\r\x1b[K${bar(done / total)} ${text}`);
          else line(`  ${text}`);
        },
        end: clear,
      };
    },
  };
}

/** Such as "53 %, 812,000 of 1,500,000 rows, 41,000/s, 17 s left". */
function describePace(options: { total: number; before: number; done: number; seconds: number }): string {
  const { total, before, done, seconds } = options;
  const [shown, all] = [done, Math.max(done, total)].map((count) => count.toLocaleString('en'));
  const perSecond = Math.max(0, done - before) / Math.max(seconds, 0.001);
  const left = perSecond > 0 ? `, ${Math.ceil(Math.max(0, total - done) / perSecond)} s left` : '';
  const pace = Math.round(perSecond).toLocaleString('en');
  return `${Math.min(100, Math.floor((done / total) * 100))} %, ${shown} of ${all} rows, ${pace}/s${left}`;
}

function bar(share: number): string {
  const full = Math.min(barWidth, Math.floor(share * barWidth));
  return `[${'█'.repeat(full)}${'░'.repeat(barWidth - full)}]`;
}

/** The progress of this process's own console. */
export function consoleProgress(): Progress {
  return createProgress({ write: (text) => process.stdout.write(text), isTerminal: process.stdout.isTTY });
}

/** Such as "7.3 s", "0.04 s". */
export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 100 ? 2 : 1)} s`;
}
