import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { atEnd } from '../support/at-end.ts';
import { listen } from '../support/listen.ts';

/**
 * Starts an HTTP proxy that connects every host, whatever its name, to one port of this machine.
 * @returns its address
 */
export async function startConnectProxy(port: number): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(501).end());
  server.on('connect', (_request, client: Socket, head) => {
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
  });
  const address = `http://127.0.0.1:${await listen(server)}`;
  atEnd(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return address;
}
