import { fetch, type Dispatcher, type Response } from 'undici';
import { ProviderProblem, unusable } from './provider-answer.ts';
import { retryAfterMs } from './retry-after.ts';

export type ProviderAnswer = {
  text: string;
  /** Epoch milliseconds by our clock. */
  receivedAt: number;
  /** How long the provider (`Cache-Control: max-age` less `Age`) says that asking again brings nothing new; 0 where it says nothing. */
  freshForMs: number;
};

/** Statuses that say not to ask: bad key, unpaid, forbidden, banned (418, Binance), too many, not for this country. */
const refusals = new Set([401, 402, 403, 418, 429, 451]);

/**
 * Asks by GET and takes the answer as text.
 * @param question.headers sent along; a question with headers of its own, such as a key, does not follow to another address
 * @throws ProviderProblem for every failure; its message can name the address, and so the key: it is to be redacted
 */
export async function askProvider(
  question: { url: string; headers?: Record<string, string> | undefined },
  limits: { timeoutMs: number; maxBytes: number },
  { clock, dispatcher, signal }: { clock: () => number; dispatcher: Dispatcher; signal: AbortSignal },
): Promise<ProviderAnswer> {
  // By hand rather than by AbortSignal.any: nothing of a question may be left at the signal of a feed that asks for months.
  const ending = new AbortController();
  const end = () => ending.abort();
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    end();
  }, limits.timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    const response = await fetch(question.url, {
      headers: { 'user-agent': 'gold-supergraph', accept: '*/*', ...question.headers },
      redirect: question.headers ? 'error' : 'follow',
      signal: ending.signal,
      dispatcher,
    });
    if (!response.ok) throw await problemOf(response, limits.maxBytes, clock());
    const text = await readText(response, limits.maxBytes);
    return { text, receivedAt: clock(), freshForMs: freshForMs(response) };
  } catch (error) {
    if (error instanceof ProviderProblem) throw error;
    throw new ProviderProblem(
      'NO_ANSWER',
      isLate ? `no answer within ${limits.timeoutMs} ms` : `no answer: ${inWords(error)}`,
    );
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', end);
    // The rest of an answer that is given up must not go on to arrive.
    end();
  }
}

/** An address below the provider's own, with a query where one is given. */
export function addressOf(base: string, path: string, query: Record<string, string> = {}): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw unusable(`the answer is longer than ${maxBytes} bytes`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

async function problemOf(response: Response, maxBytes: number, now: number): Promise<ProviderProblem> {
  const { status, headers } = response;
  const isJson = headers.get('content-type')?.includes('json') ?? false;
  // What it says beside the status is for operators: where that cannot be read, the status still counts.
  const said = isJson ? await readText(response, maxBytes).catch(() => '') : '';
  const code = refusals.has(status) ? 'REFUSED' : status >= 500 ? 'NO_ANSWER' : 'UNUSABLE_ANSWER';
  const waitMs = retryAfterMs(headers.get('retry-after') ?? undefined, now);
  return new ProviderProblem(code, `HTTP ${status}`, { waitMs, said });
}

function freshForMs({ headers }: Response): number {
  const maxAge = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(headers.get('cache-control') ?? '')?.[1];
  if (maxAge === undefined) return 0;
  const age = Number(headers.get('age') ?? 0);
  return Math.max(0, Number(maxAge) - (Number.isFinite(age) ? age : 0)) * 1000;
}

/** fetch says "fetch failed"; what failed is in its cause. */
function inWords(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && cause.code ? `${cause.message} (${String(cause.code)})` : cause.message;
}
