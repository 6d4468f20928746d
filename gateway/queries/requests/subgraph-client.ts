import { createConnections, type Connections } from './connections.ts';
import { createDeadlines } from './deadlines.ts';

/** What came of one HTTP request of a subgraph. */
export type Reply =
  | { kind: 'received'; status: number; rawHeaders: RawHeaders; text: string }
  | {
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
      givenMs?: number;
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
 */
export function createSubgraphClient(options: {
  url: string;
  /** Bytes that an answer may have. */
  answerLimitBytes: number;
}): SubgraphClient {
  const { origin, pathname, search } = new URL(options.url);
  const path = pathname + search;
  const deadlines = createDeadlines();
  let connections: Connections | undefined;

  function post(headers: string[], body: string, deadline: number): Promise<Reply> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let size = 0;
      let status = 0;
      let rawHeaders: RawHeaders = chunks;
      let abort: ((error: Error) => void) | undefined;
      let isOver = false;
      const givenMs = Math.max(0, deadline - performance.now());
      const due = {
        deadline,
        giveUp: () => giveUp('late', `the answer has not come in ${Math.round(givenMs)} ms`),
      };
      deadlines.add(due);

      function settle(reply: Reply): void {
        if (isOver) return;
        isOver = true;
        deadlines.delete(due);
        used.giveBack(connection);
        resolve(reply);
      }
      function giveUp(kind: 'late' | 'too_large', message: string): void {
        const error = new Error(message);
        settle({ kind, error, givenMs });
        abort?.(error);
      }

      const used = (connections ??= createConnections(origin));
      const connection = used.take();
      connection.dispatch(
        { path, method: 'POST', headers, body },
        {
          onConnect(abortRequest) {
            // Nobody waits any more. A request that is refused here is not sent, and its connection serves the next one.
            if (isOver) throw new Error('the deadline passed before there was a connection');
            abort = abortRequest;
          },
          onHeaders(code, raw) {
            status = code;
            rawHeaders = raw;
            return true;
          },
          onData(chunk) {
            size += chunk.length;
            if (size > options.answerLimitBytes) giveUp('too_large', `the answer has more than ${size} bytes`);
            else chunks.push(chunk);
            return true;
          },
          onComplete() {
            const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
            settle({ kind: 'received', status, rawHeaders, text: bytes.toString() });
          },
          onError(error) {
            const isUnsendable = (error as NodeJS.ErrnoException).code === 'UND_ERR_INVALID_ARG';
            settle({ kind: isUnsendable ? 'unsendable' : abort ? 'broken' : 'unreachable', error });
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
