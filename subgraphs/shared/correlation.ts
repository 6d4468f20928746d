import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage<string>();

/** The HTTP header, and the field of connection parameters, that carries a correlation id from service to service. */
export const correlationHeader = 'x-correlation-id';

/** The correlation id of the request, event or job that is being handled; `undefined` outside one. */
export function correlationId(): string | undefined {
  return storage.getStore();
}

/** Runs `work` under a correlation id: everything that it logs, emits or asks of other services carries the id. */
export function withCorrelation<T>(id: string, work: () => T): T {
  return storage.run(id, work);
}

/** Takes over a caller's correlation id when it looks like one (up to 128 harmless characters), else makes a new one. */
export function acceptCorrelationId(given: unknown): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
