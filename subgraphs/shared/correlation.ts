import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage<{ id: string; traceId: string | undefined }>();

/** The HTTP header, and the field of connection parameters, that carries a correlation id from service to service. */
export const correlationHeader = 'x-correlation-id';

/** The correlation id of the request, event or job that is being handled; `undefined` outside one. */
export function correlationId(): string | undefined {
  return storage.getStore()?.id;
}

/** The trace that what is being handled belongs to; `undefined` where it belongs to none. */
export function traceId(): string | undefined {
  return storage.getStore()?.traceId;
}

/**
 * Runs `work` under a correlation id: everything that it logs, emits or asks of other services carries the id.
 * @param trace the id of the trace that it belongs to, for the log
 */
export function withCorrelation<T>(id: string, work: () => T, trace?: string): T {
  return storage.run({ id, traceId: trace }, work);
}

/** Takes over a caller's correlation id when it looks like one (up to 128 harmless characters), else makes a new one. */
export function acceptCorrelationId(given: unknown): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
