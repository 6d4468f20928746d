/** The console while something starts: lines for what is done, and on a terminal a line for what is going on. */
export type Progress = {
  line(text: string): void;
  /** Runs one step, and prints how long it took; what takes long is named while it runs. */
  step<Result>(text: string, work: () => Promise<Result>): Promise<Result>;
};

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
  };
}

/** The progress of this process's own console. */
export function consoleProgress(): Progress {
  return createProgress({ write: (text) => process.stdout.write(text), isTerminal: process.stdout.isTTY });
}

/** Such as "7.3 s", "0.04 s". */
export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 100 ? 2 : 1)} s`;
}
