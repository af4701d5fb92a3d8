import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A request that was read completely. */
export interface ProxyRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ProxyAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export async function readRequest(incoming: IncomingMessage): Promise<ProxyRequest> {
  const { method = 'GET', url = '/', headers } = incoming;
  return { method, url, headers, body: await buffer(incoming) };
}

/** Sends a request to the service behind the proxy, and reads the whole answer. */
export function forward(target: URL, { method, url, headers, body }: ProxyRequest): Promise<ProxyAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ProxyAnswer>();
  const { hostname, port } = target;
  const sent = { ...headers, 'content-length': String(body.byteLength) };
  const forwarded = request({ hostname, port, method, path: url, headers: sent }, (answer) => {
    const { statusCode: status = 502, headers: received } = answer;
    buffer(answer).then((bytes) => resolve({ status, headers: received, body: bytes }), reject);
  });
  forwarded.on('error', reject);
  forwarded.end(body);
  return promise;
}

/** The same answer with another body. */
export function withBody({ status, headers }: ProxyAnswer, body: string | Buffer): ProxyAnswer {
  const bytes = Buffer.from(body);
  const { 'transfer-encoding': _, ...others } = headers;
  return { status, headers: { ...others, 'content-length': String(bytes.byteLength) }, body: bytes };
}
