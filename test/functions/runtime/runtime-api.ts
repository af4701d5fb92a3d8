import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listen } from '../../support/listen.ts';
import { FunctionError } from './function-error.ts';

export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  /** Milliseconds since 1970 at which the invocation has to have ended. */
  readonly deadline: number;
  readonly functionArn: string;
  readonly traceId: string;
}

/** The server that a Lambda runtime asks for events and sends results to. */
export interface RuntimeApi {
  /** Host and port. */
  readonly address: string;
  /**
   * Hands an event to the runtime and waits for the result.
   * @throws {FunctionError} what the runtime reports, or what `fail` is called with
   */
  invoke(invocation: Invocation): Promise<unknown>;
  /** Ends the current invocation, if there is one: the process ended. */
  fail(error: FunctionError): void;
  close(): Promise<void>;
}

interface Current {
  readonly invocation: Invocation;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: FunctionError) => void;
  sent: boolean;
}

const errorSchema = z.object({ errorType: z.string(), errorMessage: z.string() });

const version = '/2018-06-01/runtime';

/** Starts the server on a free port; it serves one process, which handles one event at a time. */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  let current: Current | undefined;
  let waiting: ServerResponse | undefined;

  const send = () => {
    if (current === undefined || current.sent || waiting === undefined) return;
    const { requestId, event, deadline, functionArn, traceId } = current.invocation;
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(deadline),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': traceId,
    });
    waiting.end(JSON.stringify(event));
    waiting = undefined;
    current.sent = true;
  };

  const end = (settle: (current: Current) => void) => {
    const ended = current;
    current = undefined;
    if (ended !== undefined) settle(ended);
  };
  const fail = (error: FunctionError) => end(({ reject }) => reject(error));

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${version}/invocation/next`) {
      // A runtime requests the next event even if it could not report the result of the last one.
      if (current?.sent) fail(new FunctionError('Runtime.ResultLost', 'the runtime lost the result of the event'));
      waiting = response;
      // The process has ended.
      response.once('close', () => {
        if (waiting === response) waiting = undefined;
      });
      return send();
    }
    const body = await text(request);
    const id = /\/invocation\/([^/]+)\/(?:response|error)$/.exec(path)?.[1];
    const known = path === `${version}/init/error` || (id !== undefined && id === current?.invocation.requestId);
    if (request.method !== 'POST' || !known) {
      response.writeHead(400).end(JSON.stringify({ errorType: 'InvalidRequestID', errorMessage: path }));
      return;
    }
    response.writeHead(202).end('{}');
    if (path.endsWith('/response')) {
      const answer: unknown = body === '' ? null : JSON.parse(body);
      return end(({ resolve }) => resolve(answer));
    }
    const { errorType, errorMessage } = errorSchema.parse(JSON.parse(body));
    fail(new FunctionError(errorType, errorMessage));
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => response.destroy(error));
  });
  // The runtime keeps a connection for results and ignores it when that is reset. A server that is busy while the time of an
  // idle connection ends would reset it although a result has arrived.
  server.keepAliveTimeout = 0;
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    invoke(invocation) {
      if (current !== undefined) throw new Error('an environment handles one event at a time: start another function');
      return new Promise((resolve, reject) => {
        current = { invocation, resolve, reject, sent: false };
        send();
      });
    },
    fail,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
