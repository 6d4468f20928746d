import { letGoOfHeld, readOn, type WebSocketClient } from './websocket-client.ts';

/**
 * Does nothing for the client for `waitMs`, then `onTurn`, and then what it has sent behind, in order. Nothing more is read
 * from its connection until then: what is kept here is what had been read at once, at most 64 KiB.
 * @param next.receive takes a message; it may hold the client up again
 */
export function hold(
  client: WebSocketClient,
  waitMs: number,
  next: { onTurn: () => void; receive: (text: string) => void },
): void {
  client.socket.pause();
  client.held = { messages: [], timer: setTimeout(goOn, waitMs) };

  function goOn(): void {
    const { messages } = client.held!;
    letGoOfHeld(client);
    next.onTurn();
    while (messages.length > 0 && !client.held) next.receive(messages.shift()!);
    if (client.held) client.held.messages = messages;
    else readOn(client);
  }
}
