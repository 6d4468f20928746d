import { randomBytes } from 'node:crypto';

/** The headers by which a trace goes from service to service (W3C Trace Context). */
export const traceparentHeader = 'traceparent';
export const tracestateHeader = 'tracestate';

/** The trace that a request belongs to, and what is sent on with what is asked on its behalf. */
export type TraceContext = {
  /** 32 hexadecimal digits, the same in every service. */
  traceId: string;
  /** The header for whom we ask: the same trace, with the id of our own part in it. */
  traceparent: string;
  /** What tracing systems have written down for themselves; passed on as it came. */
  tracestate: string | undefined;
};

/** version, trace id, parent id, flags; a later version may have more behind them. */
const pattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;
const noTrace = '0'.repeat(32);
const noParent = '0'.repeat(16);
const longestTracestate = 512;
const mostStates = 32;

/**
 * Joins the trace that a request names, else begins one. A header that is not what the recommendation says (two of them,
 * an all-zero id, upper case) begins a new trace too; what of `tracestate` cannot be right is not passed on.
 */
export function acceptTrace(traceparent: unknown, tracestate?: unknown): TraceContext {
  const given = typeof traceparent === 'string' ? readTraceparent(traceparent) : undefined;
  if (!given) {
    const traceId = randomHex(16);
    // Nothing is recorded here, so nobody behind is asked to record either.
    return { traceId, traceparent: `00-${traceId}-${randomHex(8)}-00`, tracestate: undefined };
  }
  return {
    traceId: given.traceId,
    traceparent: `00-${given.traceId}-${randomHex(8)}-${given.isSampled ? '01' : '00'}`,
    tracestate: typeof tracestate === 'string' && isUsableState(tracestate) ? tracestate : undefined,
  };
}

/** The trace id of a request, where it names one. */
export function traceIdOf(traceparent: unknown): string | undefined {
  return typeof traceparent === 'string' ? readTraceparent(traceparent)?.traceId : undefined;
}

function readTraceparent(header: string): { traceId: string; isSampled: boolean } | undefined {
  if (!pattern.test(header) || header.startsWith('ff')) return undefined;
  if (header.startsWith('00') && header.length > 55) return undefined;
  const traceId = header.slice(3, 35);
  if (traceId === noTrace || header.startsWith(noParent, 36)) return undefined;
  return { traceId, isSampled: (Number.parseInt(header.slice(53, 55), 16) & 1) === 1 };
}

function isUsableState(header: string): boolean {
  if (header.length > longestTracestate) return false;
  const states = header.split(',').map((state) => state.trim());
  return (
    states.length <= mostStates && states.every((state) => state === '' || /^[a-z0-9][^=]*=[\x20-\x7e]+$/.test(state))
  );
}

/** Random digits for many ids at a time: asking the system for each would cost more than the rest of a trace. */
let pool = '';
let used = 0;

function randomHex(bytes: number): string {
  if (used + 2 * bytes > pool.length) {
    pool = randomBytes(4_096).toString('hex');
    used = 0;
  }
  used += 2 * bytes;
  return pool.slice(used - 2 * bytes, used);
}
