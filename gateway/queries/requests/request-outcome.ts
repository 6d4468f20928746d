import type { SubgraphAnswer } from '../subgraph-fetch.ts';
import { readAnswer } from './read-answer.ts';
import { headerOf, retryAfterMs } from './reply-headers.ts';
import type { RawHeaders, Reply } from './subgraph-client.ts';

/** What came of asking a subgraph. */
export type Outcome = Answered | Failed;

export type Answered = {
  kind: 'answered';
  rawHeaders: RawHeaders;
  text: string;
  /** What the text says; taken by the first who wants it. */
  answer: SubgraphAnswer | undefined;
  /** Whether the subgraph says that the time it was given was too short. */
  wasLate: boolean;
};

/** Why there is no answer: what `Reply` says, and what follows from what was received or from what was before. */
export type FailureKind =
  | Exclude<Reply['kind'], 'received'>
  /** What came is not GraphQL: an error page, something that is cut off. */
  | 'invalid'
  /** It was not asked, because it has failed again and again. */
  | 'breaker_open'
  /** It was not asked, because too many others wait for it. */
  | 'queue_full';

export type Failed = {
  kind: FailureKind;
  error: Error;
  /** Of an answer that is not GraphQL. */
  status?: number;
  /** Milliseconds that the subgraph had until it was late. */
  givenMs?: number;
  /** Milliseconds that the subgraph asks to be left alone for. */
  retryAfterMs?: number | undefined;
};

/** What a reply is worth. An answer that is GraphQL counts whatever the HTTP status is. */
export function outcomeOf(reply: Reply): Outcome {
  if (reply.kind !== 'received') return reply;
  const { rawHeaders, status, text } = reply;
  const answer = readAnswer(text);
  if (answer) return { kind: 'answered', rawHeaders, text, answer, wasLate: saysLate(answer) };
  return {
    kind: 'invalid',
    status,
    error: new Error(`the answer, of HTTP status ${status} and ${text.length} characters, is not GraphQL`),
    retryAfterMs: retryAfterMs(headerOf(rawHeaders, 'retry-after'), Date.now()),
  };
}

/** An answer for one who has asked, of his own: others who asked the same get others. */
export function takeAnswer(outcome: Answered): SubgraphAnswer {
  const { answer } = outcome;
  outcome.answer = undefined;
  return answer ?? readAnswer(outcome.text)!;
}

/** Not answered until the deadline, whatever it was that took so long. */
export function late(): Failed {
  return { kind: 'late', error: new Error('the deadline has passed') };
}

function saysLate({ errors }: SubgraphAnswer): boolean {
  return errors !== undefined && errors.some(({ extensions }) => extensions?.code === 'DEADLINE_EXCEEDED');
}
