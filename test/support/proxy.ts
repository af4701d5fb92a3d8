import { createServer, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { atEnd } from './at-end.ts';
import { listen } from './listen.ts';

/** An answer that a proxy gives itself. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Called for each request; the request is forwarded if this returns undefined. */
export type Intercept = (incoming: IncomingMessage, body: Buffer) => Promise<Answer | undefined> | Answer | undefined;

/** Forwards requests to an emulator of S3 and SQS, and lets a test observe and answer them. It ends as `atEnd` says. */
export async function startProxy(target: string, intercept: Intercept): Promise<{ readonly endpoint: string }> {
  const { hostname, port } = new URL(target);
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming).catch(() => undefined);
    if (body === undefined) return; // the client closed the connection, as a killed worker does
    const answer = await intercept(incoming, body);
    if (answer !== undefined) {
      outgoing.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request({ hostname, port, method, path: url, headers }, (from) => {
      outgoing.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    forwarded.end(body);
  });
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return { endpoint: `http://127.0.0.1:${await listen(server)}` };
}

/** The answer of SQS to a request, as JSON. */
export function sqsAnswer(body: object): Answer {
  return { status: 200, type: 'application/x-amz-json-1.0', body: JSON.stringify(body) };
}
