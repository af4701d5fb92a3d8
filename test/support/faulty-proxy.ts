import { once } from 'node:events';
import { createServer, request } from 'node:http';

export interface FaultyProxy {
  readonly endpoint: string;
  /** Answers every write of an object with 503, as S3 does when it is overloaded, until told otherwise. */
  away: boolean;
  /** Writes that were refused. */
  readonly refused: () => number;
  stop(): Promise<void>;
}

/** Stands before an emulator of S3 and SQS, and can keep objects from being written. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  let refused = 0;
  const server = createServer((incoming, outgoing) => {
    if (proxy.away && incoming.method === 'PUT') {
      refused += 1;
      incoming.resume();
      outgoing.writeHead(503, { 'content-type': 'application/xml' });
      outgoing.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    // A worker that is killed breaks off its requests: the other half of each goes with it.
    forwarded.on('error', () => outgoing.destroy());
    incoming.on('error', () => forwarded.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: FaultyProxy = {
    endpoint: `http://127.0.0.1:${address.port}`,
    away: false,
    refused: () => refused,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
