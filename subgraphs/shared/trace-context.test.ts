import { describe, expect, test } from '@jest/globals';
import { acceptTrace, traceIdOf } from './trace-context.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const given = `00-${traceId}-${parentId}-01`;

describe('a request that names its trace', () => {
  test('goes on in the same trace, as a part of its own', () => {
    const trace = acceptTrace(given, 'vendor=value, other=1');
    expect(trace).toEqual({
      traceId,
      traceparent: expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`)),
      tracestate: 'vendor=value, other=1',
    });
    expect(trace.traceparent).not.toContain(parentId);
    expect(traceIdOf(trace.traceparent)).toBe(traceId);
  });

  test('keeps what was decided about recording it, and no flag that nobody knows', () => {
    expect(acceptTrace(`00-${traceId}-${parentId}-00`).traceparent).toMatch(/-00$/);
    expect(acceptTrace(`00-${traceId}-${parentId}-ff`).traceparent).toMatch(/-01$/);
  });

  test('may speak a later version', () => {
    expect(acceptTrace(`cc-${traceId}-${parentId}-01-what-comes`).traceId).toBe(traceId);
    expect(acceptTrace(`cc-${traceId}-${parentId}-01`).traceparent).toMatch(/^00-/);
  });

  test.each([
    ['too long', `a=${'x'.repeat(511)}`],
    ['of too many', Array.from({ length: 33 }, (_, at) => `k${at}=v`).join()],
    ['not a list of states', 'nonsense'],
    ['with what no header may have', 'a=b\nc'],
  ])('loses a state that is %s, and stays in its trace', (_name, tracestate) => {
    expect(acceptTrace(given, tracestate)).toMatchObject({ traceId, tracestate: undefined });
  });
});

test.each([
  undefined,
  '',
  'nonsense',
  `${given}, ${given}`,
  given.toUpperCase(),
  `ff-${traceId}-${parentId}-01`,
  `00-${traceId}-${parentId}-01-more`,
  `cc-${traceId}-${parentId}-01more`,
  `00-${'0'.repeat(32)}-${parentId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${traceId}-${parentId}-1`,
])('a request with the traceparent %j begins a trace', (header) => {
  const trace = acceptTrace(header, 'vendor=value');
  expect(trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(trace.traceparent).toContain(trace.traceId);
  expect(trace).toMatchObject({ tracestate: undefined });
  expect(trace.traceId).not.toBe(traceId);
  expect(traceIdOf(header)).toBeUndefined();
});

test('no two traces have the same id', () => {
  const ids = Array.from({ length: 2_000 }, () => acceptTrace(undefined)).map((trace) => trace.traceId);
  expect(new Set(ids).size).toBe(ids.length);
});
