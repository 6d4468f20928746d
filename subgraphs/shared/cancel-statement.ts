import pg from 'pg';

/** What a client knows of its connection beside what pg's types tell. */
type ConnectedClient = pg.ClientBase & {
  host: string;
  port: number;
  ssl: pg.ConnectionConfig['ssl'];
  processID: number;
  secretKey: number;
};

type CancellingConnection = pg.Connection & {
  connect(port: number | string, host?: string): void;
  cancel(processID: number, secretKey: number): void;
  requestSsl(): void;
};

/** Milliseconds that PostgreSQL has to take in a cancellation. */
const giveUpMs = 5_000;

/**
 * Cancels what a client's connection is running, over a connection of its own (PostgreSQL's frontend/backend protocol,
 * "Canceling Requests in Progress"). Nobody is told whether it came in time: the statement fails, or it was done.
 */
export function cancelStatement(client: pg.ClientBase): void {
  const { host, port, ssl, processID, secretKey } = client as ConnectedClient;
  const connection = new pg.Connection({ ssl: ssl ?? false }) as CancellingConnection;
  const timer = setTimeout(() => connection.stream.destroy(), giveUpMs);
  connection.on('end', () => clearTimeout(timer));
  // Who cannot be reached cannot be asked: the connection of the statement is cut instead.
  connection.on('error', () => connection.stream.destroy());
  // A connection asks for TLS only when it is told to; what it then says is that it has it.
  if (ssl) connection.on('connect', () => connection.requestSsl());
  connection.on(ssl ? 'sslconnect' : 'connect', () => connection.cancel(processID, secretKey));
  if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
  else connection.connect(port, host);
}
