import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { listen } from './listen.ts';

export interface ForwardProxy {
  readonly url: string;
  /** Hosts that clients asked for, as `host:port`. */
  readonly hosts: readonly string[];
}

/** A proxy as companies have it: it tunnels CONNECT requests, and forwards requests with a full address. Ends with the test. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  const hosts: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    hosts.push(new URL(url).host);
    const forwarded = request(url, { method, headers }, (from) => {
      outgoing.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.on('connect', ({ url = '' }, client) => {
    hosts.push(url);
    const { hostname, port } = new URL(`http://${url}`);
    const target = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(client);
      client.pipe(target);
    });
    for (const socket of [target, client]) socket.on('error', () => [target, client].map((each) => each.destroy()));
    onTestFinished(() => void target.destroy());
  });
  const port = await listen(server);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${port}`, hosts };
}
