import { eventually } from '#shared/testing/eventually.ts';

/** An answer of which the test sees every byte as it comes. */
export type RawStream = {
  status: number;
  headers: Headers;
  /** What has come so far. */
  text(): string;
  /** Waits until `part` has come. @returns everything up to now */
  until(part: string): Promise<string>;
  /** Waits for the end of the answer. @returns all of it */
  whole(): Promise<string>;
  close(): void;
};

export const acceptSse = 'text/event-stream';
export const acceptMultipart =
  'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9';

/** Sends an operation by POST. */
export function post(url: string, accept: string, body: object, headers: Record<string, string> = {}) {
  return openRaw(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify(body),
  });
}

/** Asks as EventSource does. */
export function get(url: string, parameters: Record<string, string>, headers: Record<string, string> = {}) {
  return openRaw(`${url}?${new URLSearchParams(parameters)}`, { headers: { accept: acceptSse, ...headers } });
}

async function openRaw(url: string, init: RequestInit): Promise<RawStream> {
  const abort = new AbortController();
  const response = await fetch(url, { ...init, signal: abort.signal });
  let text = '';
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  };
  const end = read();
  // The test that closes it, or that waits for its end, is who wants to know.
  end.catch(() => undefined);
  return {
    status: response.status,
    headers: response.headers,
    text: () => text,
    async until(part) {
      await eventually(() => {
        if (!text.includes(part)) throw new Error(`"${part}" has not come: ${text}`);
      });
      return text;
    },
    async whole() {
      await end;
      return text;
    },
    close: () => abort.abort(),
  };
}
