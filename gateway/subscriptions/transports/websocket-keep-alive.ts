import { createHeartbeats } from './heartbeats.ts';
import { cut, type WebSocketClient } from './websocket-client.ts';

/** Into so many parts the clients are divided, each with its own time within the interval: no burst of pings. */
const parts = 48;

/**
 * Pings each client once in `intervalMs`, and cuts it when nothing has been heard of it by the next time. One timer serves
 * them all. Whatever it sends is an answer, and so is taking something in: a pong may be behind more than it can send or
 * read in time.
 * @param options.blockedMs how long a client may leave a ping unanswered that has not even room for it
 */
export function createKeepAlive(options: { intervalMs: number; blockedMs: number }) {
  const { intervalMs, blockedMs } = options;
  const rounds = createHeartbeats(intervalMs, parts);

  function check(client: WebSocketClient): void {
    // It is not read from, so it cannot answer.
    if (client.held) return;
    const isFull = client.connection.writableNeedDrain;
    if (!client.isAnswering && isFull && client.blockedRounds * intervalMs < blockedMs) {
      client.blockedRounds += 1;
      return;
    }
    // One that has room again has taken in something, which is an answer too.
    if (!client.isAnswering && (isFull || client.blockedRounds === 0)) return cut(client, 'unanswered');
    client.blockedRounds = 0;
    client.isAnswering = false;
    client.socket.ping();
  }

  return {
    /** @returns ends it */
    add(client: WebSocketClient): () => void {
      const heard = () => void (client.isAnswering = true);
      for (const event of ['message', 'ping', 'pong'] as const) client.socket.on(event, heard);
      client.connection.on('drain', heard);
      return rounds.add({ beat: () => check(client) });
    },
  };
}
