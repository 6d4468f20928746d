import { Server } from 'node:net';
import { createRedisServer } from 'js-redis-server';

// The Redis of machines that have none: volatile and slow, but enough to try the system. Usage: js-redis.ts <port>
const port = Number(process.argv[2]);

// It has no option for the interface and would listen on all of them; this process has no other server.
const listen = Server.prototype.listen as (this: Server, options: { port: number; host: string }) => Server;
Server.prototype.listen = function onLoopback(this: Server) {
  return listen.call(this, { port, host: '127.0.0.1' });
} as typeof Server.prototype.listen;

await createRedisServer({ port });
console.log(`Ready to accept connections on ${port}`);

const stop = () => process.exit(0);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// The parent is gone, however it died.
process.on('disconnect', stop);
