import { createConnections, type Connections } from './connections.ts';
import { createDeadlines } from './deadlines.ts';

/** What came of one HTTP request of a subgraph. */
export type Reply = { kind: 'received'; status: number; rawHeaders: RawHeaders; text: string } | Failure;

type Failure = {
  /**
   * - `unreachable`: no connection was made, not one byte was sent
   * - `broken`: the request was sent, the connection was lost or what came back is not HTTP
   * - `late`: nothing came, or not all of it, until the deadline
   * - `too_large`: the answer has more bytes than it may have
   * - `unsendable`: the request itself is wrong, such as a header that HTTP does not allow
   */
  kind: 'unreachable' | 'broken' | 'late' | 'too_large' | 'unsendable';
  error: Error;
  /** Milliseconds that it had. */
  givenMs: number;
};

/** Names and values in turn, as they came. */
export type RawHeaders = readonly Buffer[];

export type SubgraphClient = {
  /**
   * Posts a body. It never rejects.
   * @param headers names in lower case and values in turn
   * @param deadline as `performance.now()`; then the request is aborted
   */
  post(headers: string[], body: string, deadline: number): Promise<Reply>;
  /** Closes its connections when what is under way is answered. Who asks all the same is given new ones. */
  retire(): void;
  /** Cuts what is under way. */
  close(): Promise<void>;
};

/**
 * Asks one address over a pool of kept-alive HTTP/1.1 connections, each of which carries one request at a time.
 *
 * `dispatch` with a handler of its own costs two thirds of `pool.request`, which makes a stream of each answer. The handler
 * has undici's older methods, to which headers come as they are: undici would else read all of them for each answer, another
 * tenth, although hardly one of them is looked at.
 * @throws Error for an address that is not one of HTTP
 */
export function createSubgraphClient(options: {
  url: string;
  /** Bytes that an answer may have. */
  answerLimitBytes: number;
}): SubgraphClient {
  const { origin, protocol, pathname, search } = new URL(options.url);
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new Error(`The address of a subgraph begins with http:// or https://, which ${options.url} does not`);
  const path = pathname + search;
  const deadlines = createDeadlines();
  let connections: Connections | undefined;

  function post(headers: string[], body: string, deadline: number): Promise<Reply> {
    return new Promise((resolve) => {
      const used = (connections ??= createConnections(origin));
      const connection = used.take();
      const chunks: Buffer[] = [];
      let size = 0;
      let status = 0;
      let rawHeaders: RawHeaders = chunks;
      let isSent = false;
      let isOver = false;
      const givenMs = Math.max(0, deadline - performance.now());
      const due = {
        deadline,
        giveUp: () => fail('late', new Error(`the answer has not come in ${Math.round(givenMs)} ms`)),
      };
      deadlines.add(due);

      function settle(reply: Reply): void {
        isOver = true;
        deadlines.delete(due);
        resolve(reply);
      }
      function fail(kind: Failure['kind'], error: Error): void {
        if (isOver) return;
        settle({ kind, error, givenMs });
        // What was not even begun has done no harm to it.
        if (kind === 'unsendable') used.giveBack(connection);
        else used.discard(connection);
      }

      connection.dispatch(
        { path, method: 'POST', headers, body },
        {
          onConnect() {
            isSent = true;
          },
          onHeaders(code, raw) {
            status = code;
            rawHeaders = raw;
            return true;
          },
          onData(chunk) {
            size += chunk.length;
            if (size > options.answerLimitBytes) fail('too_large', new Error(`the answer has more than ${size} bytes`));
            else chunks.push(chunk);
            return true;
          },
          onComplete() {
            if (isOver) return;
            const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
            used.giveBack(connection);
            settle({ kind: 'received', status, rawHeaders, text: bytes.toString() });
          },
          onError(error) {
            const isUnsendable = (error as NodeJS.ErrnoException).code === 'UND_ERR_INVALID_ARG';
            fail(isUnsendable ? 'unsendable' : isSent ? 'broken' : 'unreachable', error);
          },
        },
      );
    });
  }

  return {
    post,
    retire() {
      connections?.retire();
      connections = undefined;
    },
    async close() {
      await connections?.close();
      connections = undefined;
    },
  };
}
