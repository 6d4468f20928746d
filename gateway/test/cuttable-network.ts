import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be lost or lead to another: TCP between a port of its own and the server's. */
export type CuttableNetwork = {
  /** The server's address by this way. */
  url: string;
  /** Cuts every connection, and lets none be made until `restore`. */
  cut(): void;
  restore(): void;
  /** Leads new connections to another server; those that are open stay. */
  leadTo(target: string): void;
  /** Connections that are there now. */
  open(): number;
  close(): Promise<void>;
};

export async function startCuttableNetwork(target: string): Promise<CuttableNetwork> {
  let { port } = new URL(target);
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let isCut = false;

  function join(one: Socket, other: Socket): void {
    sockets.add(one);
    one.on('error', () => undefined);
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
    one.pipe(other);
  }

  const server = createServer((client) => {
    if (isCut) return client.destroy();
    clients.add(client);
    client.on('close', () => clients.delete(client));
    const upstream = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    join(client, upstream);
    join(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  function cut(): void {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(target).pathname}`,
    cut,
    restore: () => void (isCut = false),
    leadTo: (other) => void ({ port } = new URL(other)),
    open: () => clients.size,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
