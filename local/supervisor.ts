import { describeLogLine } from './log-line.ts';
import { openProcessLog } from './process-log.ts';
import { formatSeconds } from './progress.ts';
import { superviseProcess } from './supervised-process.ts';
import type { Command } from './command.ts';
import type { ClaimedDirectory } from './data-directory.ts';
import type { Readiness } from './readiness.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** A process of the system, without who is told about it. */
export type SupervisorPlan = {
  name: string;
  prepare: () => Promise<Command> | Command;
  readiness: Readiness;
  /** Part of its command line, to recognise it by if we are killed and it is not. */
  mark: string;
  /** Stopped after all of a higher tier, together with those of its own. */
  tier: number;
  /** Whether its warnings are in the services' log format; others' output goes to its log file only. */
  hasServiceLog: boolean;
};

/** Runs the processes of the system, tells the console about them and keeps their logs. */
export type Supervisor = {
  /** Starts a process; resolves when it is ready, rejects with a sentence when it keeps ending instead. */
  start(plan: SupervisorPlan): Promise<void>;
  restart(name: string): Promise<void>;
  /** Stops all processes, the highest tier first. */
  stop(): Promise<void>;
};

/** Creates a supervisor. `attempts`: endings before the first readiness after which `start` rejects. */
export function createSupervisor(options: {
  print: (line: string) => void;
  logDirectory: string;
  claim: ClaimedDirectory;
  verbose: boolean;
  attempts: number | undefined;
}): Supervisor {
  const { print, verbose, claim } = options;
  const running = new Map<string, { tier: number; process: SupervisedProcess; closeLog: () => Promise<void> }>();
  return {
    async start({ name, prepare, readiness, mark, tier, hasServiceLog }) {
      const log = openProcessLog(options.logDirectory, name);
      let starts = 0;
      const process = superviseProcess({
        name,
        prepare,
        readiness,
        attempts: options.attempts,
        onLine(line, stream) {
          log.write(line);
          const shown = hasServiceLog || verbose ? describeLogLine(name, line, { stream, verbose }) : undefined;
          if (shown !== undefined) print(shown);
        },
        onStarted(pid, { stopSignal = 'SIGTERM' }) {
          claim.noteChild({ name, pid, mark, stopSignal });
        },
        onReady(tookMs) {
          print(`  ${name} is ready${starts++ === 0 ? '' : ' again'} (${formatSeconds(tookMs)})`);
        },
        onDied(how, delayMs) {
          const when = delayMs === 0 ? 'again' : `again in ${formatSeconds(delayMs)}`;
          print(`! ${name} ended (${how}), starting it ${when}; log: ${log.path}`);
        },
      });
      running.set(name, { tier, process, closeLog: log.close });
      await process.whenReady.catch((error: Error) => {
        throw new Error(`${error.message} Its log is ${log.path}.`, { cause: error });
      });
    },
    async restart(name) {
      await running.get(name)?.process.restart();
    },
    async stop() {
      const byTier = Map.groupBy(running.values(), ({ tier }) => tier);
      for (const tier of [...byTier.keys()].sort((a, b) => b - a)) {
        await Promise.all((byTier.get(tier) ?? []).map(({ process, closeLog }) => process.stop().then(closeLog)));
      }
      running.clear();
    },
  };
}
