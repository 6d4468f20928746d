import { once, EventEmitter } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { isRunning } from '../process-identity.ts';
import { superviseProcess } from '../supervised-process.ts';
import type { ProcessPlan, SupervisedProcess } from '../supervised-process.ts';

const lives = 'console.log("ready"); process.on("disconnect", () => process.exit()); setInterval(() => {}, 1e6)';
const refusesToStop = `process.on('SIGTERM', () => {}); ${lives}`;

describe('a supervised process', () => {
  const started: SupervisedProcess[] = [];
  afterEach(async () => {
    for (const process of started.splice(0)) await process.stop();
  });

  function supervise(script: string, change: Partial<ProcessPlan> = {}) {
    const events = new EventEmitter();
    const delays: number[] = [];
    const pids: number[] = [];
    const command = { file: process.execPath, args: ['-e', script], cwd: '.', environment: {}, channel: true };
    const supervised = superviseProcess({
      name: 'sample',
      prepare: () => command,
      readiness: { line: /^ready$/ },
      onLine: () => undefined,
      onStarted: (pid) => pids.push(pid),
      onReady: () => events.emit('ready'),
      onDied: (how, delayMs) => {
        delays.push(delayMs);
        events.emit('died', how);
      },
      backoff: { firstMs: 10, maxMs: 40, resetAfterMs: 60_000 },
      ...change,
    });
    started.push(supervised);
    return { supervised, events, delays, pids };
  }

  it('that is killed comes back', async () => {
    const { supervised, events, pids } = supervise(lives);
    await supervised.whenReady;
    const died = once(events, 'died');
    const readyAgain = once(events, 'ready');
    process.kill(pids[0]!, 'SIGKILL');
    expect(await died).toEqual(['signal SIGKILL']);
    await readyAgain;
    expect(pids).toHaveLength(2);
  });

  it('that keeps dying is started at once, then ever later up to a limit', async () => {
    const { events, delays } = supervise('process.exit(3)');
    while (delays.length < 6) await once(events, 'died');
    expect(delays).toEqual([0, 10, 20, 40, 40, 40]);
  });

  it('that ends too often before it is ready fails the start, and says how', async () => {
    const { supervised } = supervise('process.exit(3)', { attempts: 2 });
    await expect(supervised.whenReady).rejects.toThrow('sample does not start (code 3).');
  });

  it('that cannot be run at all fails the start at once', async () => {
    const prepare = () => Promise.reject(new Error('There is no such program.'));
    const { supervised, delays } = supervise('', { attempts: 3, prepare });
    await expect(supervised.whenReady).rejects.toThrow('There is no such program.');
    expect(delays).toEqual([]);
  });

  it('is restarted on purpose without counting as dead', async () => {
    const { supervised, events, delays, pids } = supervise(lives);
    await supervised.whenReady;
    const readyAgain = once(events, 'ready');
    await supervised.restart();
    await readyAgain;
    expect(pids).toHaveLength(2);
    expect(delays).toEqual([]);
  });

  it('is gone once stopped, and stays gone', async () => {
    const { supervised, pids } = supervise(lives);
    await supervised.whenReady;
    await supervised.stop();
    expect(isRunning({ pid: pids[0]!, mark: process.execPath })).toBe(false);
    expect(pids).toHaveLength(1);
  });

  it('that does not stop when asked to is killed', async () => {
    const { supervised, pids } = supervise(refusesToStop, { graceMs: 50 });
    await supervised.whenReady;
    await supervised.stop();
    expect(isRunning({ pid: pids[0]!, mark: process.execPath })).toBe(false);
  });
});
