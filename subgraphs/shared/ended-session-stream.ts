/** A session that ended before its time, and how long that matters: until the last of its access tokens has expired. */
export type EndedSession = { sessionId: string; until: number };

/** An entry of a Redis Stream as ioredis gives it. */
type Entry = [id: string, fields: string[]];

/** The stream in which auth tells which sessions have ended; one session may be in it several times. */
export function endedSessionStreamKey(prefix: string): string {
  return `${prefix}:sessions:ended`;
}

/** The fields of an entry: `session`, and `until` in epoch milliseconds. */
export function encodeEndedSession({ sessionId, until }: EndedSession): string[] {
  return ['session', sessionId, 'until', String(until)];
}

export function decodeEndedSession([, fields]: Entry): EndedSession {
  const of = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
  return { sessionId: of('session'), until: Number(of('until')) };
}
