import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Answer, accessDenied, jsonAnswer, s3Error } from './access-denied.ts';
import type { Credentials } from './account.ts';
import type { Authorizer, Principal } from './iam/authorizer.ts';
import { type Keys, keyAccesses } from './iam/key-access.ts';
import { type AwsRequest, accessesOf, bucketAndKey, type Names } from './iam/request-to-action.ts';

export interface GatewayOptions extends Names {
  /** Address of the emulator. */
  readonly emulator: string;
  readonly authorizer: Authorizer;
  /** Receives each successful change of an object. */
  readonly onObjectChange: (change: ObjectChange) => Promise<void>;
  /** Answers requests for the notifications of a bucket, in XML. */
  readonly notificationsOf: (bucket: string) => string;
  /** Answers requests to services that the emulator does not have. */
  readonly services: Readonly<Record<string, (request: AwsRequest) => Promise<Answer>>>;
  /** Keys that encrypt buckets and queues. */
  readonly keys: Keys;
  /** Whether an object has a version, made up: the emulator knows none. */
  readonly isVersioned: (bucket: string, key: string) => boolean;
}

export interface ObjectChange {
  readonly kind: 'created' | 'removed';
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly version: string | undefined;
}

/** A rule that refuses requests for a while, as a busy service does. */
export interface Fault {
  /** Text that the path contains. */
  readonly path: string;
  readonly methods: readonly string[];
  /** Number of requests that are refused. */
  remaining: number;
}

/**
 * The only way to AWS: every request of every process passes here. The access key names who asks; the request is allowed
 * by the policies of the template, refused as AWS would, or forwarded to the emulator. Signatures are not verified.
 */
export class Gateway {
  readonly endpoint: string;
  /** Errors in the stand-in itself: requests that it does not know. A run with one has failed. */
  readonly errors: Error[] = [];
  readonly faults: Fault[] = [];
  readonly #options: GatewayOptions;
  readonly #principals = new Map<string, Principal>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server;

  static async start(port: number, options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(port, options);
    gateway.#server.listen(port, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  private constructor(port: number, options: GatewayOptions) {
    this.#options = options;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#server = createServer((incoming, response) => {
      this.#answer(incoming).then(
        ({ status, headers, body }) => {
          // The answer to HEAD has the length of the object, and no body.
          const length = incoming.method === 'HEAD' ? headers['content-length'] : body.length;
          response
            .writeHead(status, length === undefined ? headers : { ...headers, 'content-length': length })
            .end(body);
        },
        (error: unknown) => {
          // A client that was stopped in the middle of a request is no error of the stand-in.
          if (incoming.destroyed && !incoming.complete) return;
          this.errors.push(error instanceof Error ? error : new Error(String(error)));
          response.writeHead(500).end(String(error));
        },
      );
    });
    // A busy server would otherwise reset connections whose next request has arrived.
    this.#server.keepAliveTimeout = 0;
  }

  /** Credentials with which requests count as this principal's. */
  credentialsOf(principal: Principal): Credentials {
    const accessKeyId = `ASIA${createHash('sha256').update(principal.arn).digest('hex').slice(0, 16).toUpperCase()}`;
    this.#principals.set(accessKeyId, principal);
    return { accessKeyId, secretAccessKey: 'not verified', sessionToken: 'not verified' };
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, 'close');
  }

  async #answer(incoming: IncomingMessage): Promise<Answer> {
    const { method = 'GET', url = '/', headers } = incoming;
    const { key, service } = signatureOf(headers.authorization);
    const body = await buffer(incoming);
    const principal = this.#principals.get(key);
    if (principal === undefined) {
      const code = key === '' ? 'MissingAuthenticationToken' : 'InvalidClientTokenId';
      return service === 's3' ? s3Error(403, code, 'unknown access key', method) : jsonAnswer(403, { __type: code });
    }
    const [path = '/', query = ''] = url.split('?', 2);
    const request: AwsRequest = { method, path, query: new URLSearchParams(query), headers, body, service };
    const fault = this.faults.find(
      (rule) => rule.remaining > 0 && rule.methods.includes(method) && decodeURIComponent(path).includes(rule.path),
    );
    if (fault !== undefined) {
      fault.remaining -= 1;
      return s3Error(503, 'SlowDown', 'Please reduce your request rate.', method);
    }
    const accesses = accessesOf(request, this.#options);
    for (const access of accesses.flatMap((one) => [one, ...keyAccesses(one, this.#options.keys, this.#options)])) {
      if (!(await this.#options.authorizer.isAllowed(principal, access))) {
        return accessDenied(service, method, principal, access);
      }
    }
    const standIn = this.#options.services[service];
    if (standIn !== undefined) return standIn(request);
    if (service === 's3' && method === 'GET' && request.query.has('notification')) {
      const described = this.#options.notificationsOf(bucketAndKey(path).bucket);
      return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(described) };
    }
    const answer = await this.#forward(request, incoming);
    return service === 's3' ? this.#afterS3(request, answer, principal) : answer;
  }

  async #afterS3(request: AwsRequest, answer: Answer, principal: Principal): Promise<Answer> {
    const { method, path, query, headers, body } = request;
    const { bucket, key } = bucketAndKey(path);
    if (answer.status === 404 && key !== '' && (method === 'GET' || method === 'HEAD')) {
      // Only those who may list a bucket learn that an object is missing.
      const access = { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` };
      const allowed = await this.#options.authorizer.isAllowed(principal, access);
      return allowed ? answer : accessDenied('s3', method, principal, access);
    }
    if (answer.status >= 300 || key === '') return answer;
    const version = this.#options.isVersioned(bucket, key) ? versionOf(path) : undefined;
    const versioned: Answer =
      version === undefined ? answer : { ...answer, headers: { ...answer.headers, 'x-amz-version-id': version } };
    const created = (method === 'PUT' && !query.has('partNumber')) || (method === 'POST' && query.has('uploadId'));
    if (created || method === 'DELETE') {
      const size = Number(headers['x-amz-decoded-content-length'] ?? body.length);
      const etag = String(answer.headers['etag'] ?? '').replaceAll('"', '');
      await this.#options.onObjectChange({ kind: created ? 'created' : 'removed', bucket, key, size, etag, version });
    }
    return versioned;
  }

  #forward({ method, body }: AwsRequest, { url = '/', headers }: IncomingMessage): Promise<Answer> {
    const { expect: _, connection: __, host: ___, ...forwarded } = headers;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const outgoing = httpRequest(this.#options.emulator + url, { method, headers: forwarded, agent: this.#agent });
    outgoing.once('error', reject).once('response', (response) => {
      const { 'transfer-encoding': _encoding, connection: _connection, ...kept } = response.headers;
      const defined = Object.entries(kept).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      buffer(response).then(
        (answered) =>
          resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(defined), body: answered }),
        reject,
      );
    });
    outgoing.end(body);
    return promise;
  }
}

/** The access key and the service of a signature; empty without one. */
function signatureOf(authorization = ''): { readonly key: string; readonly service: string } {
  const [, key = '', service = ''] =
    /Credential=([^/]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization) ?? [];
  return { key, service };
}

/** A version that stays the same for a key, since the emulator keeps one version. */
function versionOf(path: string): string {
  return createHash('sha256').update(path).digest('base64url').slice(0, 32);
}
