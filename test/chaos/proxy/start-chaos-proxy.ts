import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { atEnd } from '../../support/at-end.ts';
import { listen } from '../../support/listen.ts';
import { answerFaults, type FaultKind, FaultPlan, type Rates, requestFaults } from './fault-plan.ts';
import { forward, type ProxyAnswer, type ProxyRequest, readRequest, withBody } from './forward.ts';
import { S3Requests, type S3RequestsOptions, s3Error } from './s3-requests.ts';
import { SqsRequests } from './sqs-requests.ts';

export interface ChaosProxyOptions extends Partial<S3RequestsOptions> {
  /** Address of the service. */
  readonly target: string;
  readonly seed: string;
  readonly rates: Rates;
  /** Delay of a delayed answer, milliseconds. */
  readonly delayMs?: number;
}

export interface ChaosProxy {
  readonly endpoint: string;
  readonly plan: FaultPlan;
  /** Number of requests so far. */
  requests(): number;
  /** Number of messages that clients received so far, repeated ones included. */
  delivered(): number;
  /** Faults of the proxy itself, which are none of its plan. */
  errors(): readonly string[];
}

/** A proxy to an emulator of S3 and SQS that answers requests with the faults of a plan. It ends as `atEnd` says. */
export async function startChaosProxy(options: ChaosProxyOptions): Promise<ChaosProxy> {
  const { seed, rates, delayMs = 7_000, keysPerPage = 1000, mayHaveFalseEtag = () => false } = options;
  const target = new URL(options.target);
  const plan = new FaultPlan(seed, rates);
  const ended = new AbortController();
  const send = (request: ProxyRequest) => forward(target, request);
  const delay = async () => {
    await wait(delayMs, undefined, { signal: ended.signal });
  };
  const sqs = new SqsRequests(plan, send, delay);
  const s3 = new S3Requests(plan, send, { keysPerPage, mayHaveFalseEtag });
  let requests = 0;
  const errors: string[] = [];

  const handle = async (request: ProxyRequest, outgoing: ServerResponse): Promise<void> => {
    requests += 1;
    const operation = operationOf(request);
    // Receives have faults of their own, which spare the last deliveries of a message.
    const kinds = operation === 'ReceiveMessage' ? requestFaults : [...requestFaults, ...answerFaults];
    const fault = plan.choose(`${operation ?? request.method} ${request.url}`, kinds);
    if (fault !== undefined) plan.count(fault);
    if (fault === 'reset') outgoing.destroy();
    else if (fault === 'error 500' || fault === 'error 503') respond(outgoing, errorOf(fault, operation));
    else {
      const { answer, cut } = await answerOf(operation, request);
      if (fault === 'delay') await delay();
      if (fault === 'late reset' || answer === undefined) outgoing.destroy();
      else if (fault === 'late error') respond(outgoing, errorOf('error 500', operation));
      else if (cut) cutShort(outgoing, answer);
      else respond(outgoing, answer);
    }
  };

  const answerOf = async (
    operation: string | undefined,
    request: ProxyRequest,
  ): Promise<{ answer?: ProxyAnswer; cut?: boolean }> => {
    if (operation === undefined) return s3.answer(request);
    const answer = await sqs.answer(operation, request);
    return answer === 'lost' ? {} : { answer };
  };

  const server = createServer(async (incoming, outgoing) => {
    try {
      await handle(await readRequest(incoming), outgoing);
    } catch (error) {
      outgoing.destroy();
      if (!isClosedConnection(error)) errors.push(String(error));
    }
  });
  atEnd(() => {
    ended.abort();
    server.close();
    server.closeAllConnections();
  });
  const endpoint = `http://127.0.0.1:${await listen(server)}`;
  return { endpoint, plan, requests: () => requests, delivered: () => sqs.delivered, errors: () => errors };
}

const closedConnection = z.object({
  code: z.enum(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR']),
});

/** Whether the client, the emulator or the end of the test closed the connection, as a killed process does. */
function isClosedConnection(error: unknown): boolean {
  return closedConnection.safeParse(error).success;
}

/** The operation of a request to SQS; undefined for one to S3. */
function operationOf({ headers }: ProxyRequest): string | undefined {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? target.replace(/^AmazonSQS\./, '') : undefined;
}

function errorOf(fault: FaultKind, operation: string | undefined): ProxyAnswer {
  const status = fault === 'error 503' ? 503 : 500;
  if (operation === undefined) return s3Error(status);
  const type = status === 503 ? 'ServiceUnavailable' : 'InternalError';
  const empty = { status, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: Buffer.of() };
  return withBody(empty, JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message: 'chaos' }));
}

function respond(outgoing: ServerResponse, { status, headers, body }: ProxyAnswer): void {
  outgoing.writeHead(status, headers).end(body);
}

function cutShort(outgoing: ServerResponse, { status, headers, body }: ProxyAnswer): void {
  outgoing.writeHead(status, { ...headers, 'content-length': String(body.byteLength) });
  outgoing.write(body.subarray(0, Math.floor(body.byteLength / 2)), () => outgoing.destroy());
}
