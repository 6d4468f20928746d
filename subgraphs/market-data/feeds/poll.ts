import { Agent } from 'undici';
import type { Logger } from '#shared/logger.ts';
import { pause } from '#shared/waiting.ts';
import { askProvider, type ProviderAnswer } from './ask-provider.ts';
import { providerBackoff, waitAfterFailure, type Backoff } from './backoff.ts';
import type { Feed, FeedQuote, FeedReceiver, FeedSource } from './feed.ts';
import { ProviderProblem } from './provider-answer.ts';

/** What a provider is asked, again and again. */
export type Question = {
  /** What it is about, for logs and health: a symbol mostly. */
  about: string;
  url: string;
  headers?: Record<string, string>;
  /** Takes the quotes out of an answer. @throws ProviderProblem for an answer that cannot be used */
  read: (answer: ProviderAnswer) => FeedQuote[];
};

/** How long things take; tests are faster. */
export type PollTimings = {
  /** For a whole answer, milliseconds. */
  timeoutMs: number;
  /** Between questions that nobody answers. */
  noAnswer: Backoff;
  /** Between questions that are refused without a word about when to come back. */
  refused: Backoff;
};

/** What every adapter of a polled provider is made of. */
export type PolledFeedOptions = {
  /** Where the provider is. */
  url: string;
  /** Milliseconds between two questions, whatever they are about. */
  intervalMs: number;
  weight: number;
  clock: () => number;
  /** Numbers in [0, 1). */
  random: () => number;
  logger: Logger;
  timings?: Partial<PollTimings>;
};

const usualTimings: PollTimings = {
  timeoutMs: 10_000,
  noAnswer: providerBackoff,
  refused: { firstMs: 60_000, longestMs: 3_600_000 },
};
/** The longest answer that is documented, all of navasan.tech's rates, has about 50 kB. */
const maxAnswerBytes = 1_000_000;
/** How much of what a provider says about a failure is shown. */
const saidLength = 200;

/** Gold can move by more than dealers earn on it within this time: an older price is no second opinion. */
const longestSpotFreshMs = 600_000;

/**
 * A provider that is asked over HTTP: one question in flight, and in turn where there are several. After an answer the next
 * question waits for the interval. A single question that nobody answers is asked again soon, ever less often; one whose answer
 * cannot be used not before the interval, because the answer may have been paid for; one that is refused when the provider
 * says (`Retry-After`), or after a minute and ever less often. What goes wrong shows in the health and, when it changes, in
 * the log; the feed goes on until it is stopped.
 * @param options.secrets what must be in no log and no health, beside the addresses of the questions
 * @param options.isCacheObeyed whether an answer that the provider lets caches keep for longer than the interval is kept so long
 */
export function createPolledFeed(
  options: Omit<PolledFeedOptions, 'url' | 'weight'> & {
    name: string;
    sources: readonly FeedSource[];
    questions: readonly Question[];
    secrets?: string[];
    isCacheObeyed?: boolean;
  },
): Feed {
  const { name, sources, questions, intervalMs, clock, random, logger, isCacheObeyed = false } = options;
  const { timeoutMs, noAnswer, refused } = { ...usualTimings, ...options.timings };
  // Where questions are rare, failures may become as rare, but no rarer.
  const noAnswerBackoff = { firstMs: noAnswer.firstMs, longestMs: Math.max(noAnswer.longestMs, intervalMs) };
  const redact = redactionOf([...(options.secrets ?? []), ...questions.map(({ url }) => url)]);
  const stopping = new AbortController();
  const dispatcher = new Agent({ connections: 1 });
  /** What is wrong now, by what the question was about. */
  const problems = new Map<string, string>();
  let isRefused = false;
  let failures = 0;
  let lastQuoteAt: number | undefined;
  let polling: Promise<void> = Promise.resolve();

  async function poll(receiver: FeedReceiver): Promise<void> {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const waitMs = await ask(questions[turn % questions.length]!, receiver);
      await pause(waitMs, stopping.signal);
    }
  }

  /** @returns milliseconds until the next question */
  async function ask(question: Question, { onQuotes }: FeedReceiver): Promise<number> {
    const begun = performance.now();
    try {
      const limits = { timeoutMs, maxBytes: maxAnswerBytes };
      const answer = await askProvider(question, limits, { clock, dispatcher, signal: stopping.signal });
      const quotes = question.read(answer);
      if (stopping.signal.aborted) return 0;
      onQuotes(quotes);
      lastQuoteAt = answer.receivedAt;
      succeed(question);
      // The cache is kept for each address, and each address has its turn once in a round.
      const cachedMs = isCacheObeyed ? Math.min(answer.freshForMs, longestSpotFreshMs) / questions.length : 0;
      return Math.max(0, Math.max(intervalMs, cachedMs) - (performance.now() - begun));
    } catch (error) {
      return stopping.signal.aborted ? 0 : fail(question, error);
    }
  }

  function succeed({ about }: Question): void {
    failures = 0;
    isRefused = false;
    if (problems.delete(about)) logger.info({ feed: name, about }, 'a price provider can be used again');
  }

  function fail({ about }: Question, error: unknown): number {
    failures += 1;
    const { code, message, said, waitMs: askedMs } = asProblem(error, { feed: name, about });
    // One that asks to be asked again at once, again and again, is asked ever less often all the same.
    const leastMs = waitAfterFailure(noAnswerBackoff, failures, random());
    const waitMs = askedMs === undefined ? usualWait(code) : Math.max(askedMs, intervalMs, leastMs);
    const problem = redact(message) + (said && `: ${redact(said).replaceAll(/\s+/g, ' ').slice(0, saidLength)}`);
    if (problems.get(about) !== problem)
      logger.warn({ feed: name, about, code, problem, waitMs }, 'a price provider cannot be used');
    problems.set(about, problem);
    isRefused = code === 'REFUSED';
    return waitMs;
  }

  function usualWait(code: ProviderProblem['code']): number {
    if (code === 'REFUSED') return Math.max(intervalMs, waitAfterFailure(refused, failures, random()));
    const backoffMs = waitAfterFailure(noAnswerBackoff, failures, random());
    // Where there are several questions the next one is another, which may be answered and have to be paid for.
    const isSoonAgain = code === 'NO_ANSWER' && questions.length === 1;
    return Math.max(isSoonAgain ? Math.min(intervalMs, noAnswer.firstMs) : intervalMs, backoffMs);
  }

  function asProblem(error: unknown, context: { feed: string; about: string }): ProviderProblem {
    if (error instanceof ProviderProblem) return error;
    logger.error({ err: error, ...context }, 'an answer of a price provider could not be dealt with');
    return new ProviderProblem('UNUSABLE_ANSWER', 'the answer could not be dealt with; see the log');
  }

  return {
    name,
    sources,
    async start(receiver) {
      polling = poll(receiver);
    },
    async stop() {
      stopping.abort();
      await polling;
      await dispatcher.destroy();
    },
    health() {
      const said = [...problems].map(([about, problem]) => `${about}: ${problem}`);
      const usual = lastQuoteAt === undefined ? 'no answer yet' : 'answers';
      return {
        ok: !isRefused && problems.size < questions.length,
        detail: said.length > 0 ? said.join('; ') : usual,
        lastQuoteAt,
      };
    },
  };
}

/**
 * The spot sources of a provider that is asked for several symbols in turn. What it said holds for two rounds of questions
 * and the time that an answer takes, but not for longer than ten minutes, however rarely it is asked.
 */
export function polledSpotSources(options: {
  name: string;
  symbols: readonly string[];
  intervalMs: number;
  weight: number;
}): FeedSource[] {
  const { name, symbols, intervalMs, weight } = options;
  const freshForMs = Math.min(2 * intervalMs * symbols.length + 5_000, longestSpotFreshMs);
  return symbols.map((symbol) => ({ name, symbol, kind: 'spot', weight, freshForMs, isLive: true }));
}

/** Secrets are also hidden in the form that they have inside an address. */
function redactionOf(secrets: string[]): (text: string) => string {
  const hidden = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]);
  return (text) => hidden.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}
