/**
 * For how many seconds the oldest event has waited that a worker has told and its consumer has not handled; 0 where there
 * is none, or where the worker tells nobody anything.
 * @param url of the worker, without a path
 * @throws Error when the worker does not answer
 */
export async function oldestUnhandledSeconds(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^gold_outbox_oldest_seconds(?:{.*})? (.*)$/m.exec(metrics)?.[1] ?? '0');
}
