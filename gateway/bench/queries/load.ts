import { add, createHistogram, record, type Histogram } from '../processes/histogram.ts';
import { openConnection, type HttpAnswer } from './http-client.ts';
import type { Requests } from './scenarios.ts';

/** What came of the requests since the last look. Latency is in milliseconds, from sending to the last byte. */
export type Counted = { answers: number; errors: Record<string, number>; seconds: number; latency: Histogram };

/** Of the answers that are not all the same, one in so many is compared as a whole; of the others the length. */
const comparedOneIn = 50;

/**
 * Asks over so many connections, each the next thing when it has the last answer. Every answer's bytes are compared with
 * those that are due: where all requests are the same, of every answer; else of one in 50, and the length of the others.
 */
export async function startLoad(options: { port: number; connections: number; requests: Requests; begin: number }) {
  const { port, requests } = options;
  const length = requests.answer(0).length;
  const isAlwaysTheSame = requests.body(0) === requests.body(1);
  const due = isAlwaysTheSame ? requests.answer(0) : undefined;
  const body = isAlwaysTheSame ? requests.body(0) : undefined;
  let next = options.begin;
  let isStopping = false;
  let counted = nothing();
  let since = performance.now();

  function problemOf({ status, body: got }: HttpAnswer, n: number): string | undefined {
    if (status !== 200) return `status ${status}: ${got.slice(0, 300)}`;
    const text = dataIn(got, length);
    const isRight =
      due === undefined && n % comparedOneIn !== 0 ? text.length === length : text === (due ?? requests.answer(n));
    return isRight ? undefined : `another answer: ${got.slice(0, 300)}`;
  }

  const fail = (problem: string) => (counted.errors[problem] = (counted.errors[problem] ?? 0) + 1);
  const connections = Array.from({ length: options.connections }, () => {
    let n = 0;
    let sentAt = 0;
    const connection = openConnection({
      port,
      onAnswer(answer) {
        record(counted.latency, performance.now() - sentAt);
        counted.answers += 1;
        const problem = problemOf(answer, n);
        if (problem !== undefined) fail(problem);
        if (!isStopping) ask();
      },
      onEnd(reason) {
        if (!isStopping) fail(`connection ${reason}`);
      },
    });
    function ask(): void {
      n = next;
      next += 1;
      sentAt = performance.now();
      connection.send(body ?? requests.body(n));
    }
    return { ...connection, ask };
  });
  await Promise.all(connections.map(({ opened }) => opened));
  for (const { ask } of connections) ask();

  return {
    /** Gives what was counted since the last look, and counts anew. */
    look(): Counted {
      const now = performance.now();
      const seen = { ...counted, seconds: (now - since) / 1_000 };
      [counted, since] = [nothing(), now];
      return seen;
    },
    /** @returns the number of the request that would be next */
    stop(): number {
      isStopping = true;
      for (const { close } of connections) close();
      return next;
    },
  };
}

/** An answer without what a gateway may put behind the data: a line's end (Apollo Server), `extensions`. */
function dataIn(body: string, length: number): string {
  if (body.length === length) return body;
  const text = body.trimEnd();
  const extensions = text.length === length ? -1 : text.lastIndexOf(',"extensions":{');
  return extensions < 0 ? text : `${text.slice(0, extensions)}}`;
}

/** What several looks have seen together. */
export function sumOf(all: Counted[]): Counted {
  const sum = { ...nothing(), seconds: 0 };
  for (const { answers, errors, seconds, latency } of all) {
    sum.answers += answers;
    sum.seconds += seconds;
    add(sum.latency, latency);
    for (const [problem, count] of Object.entries(errors)) sum.errors[problem] = (sum.errors[problem] ?? 0) + count;
  }
  return sum;
}

function nothing(): Omit<Counted, 'seconds'> {
  return { answers: 0, errors: {}, latency: createHistogram() };
}
