import { once } from 'node:events';
import { createServer } from 'node:http';
import { UserError } from '../../../shared/failures/user-error.ts';

export interface HealthOptions {
  /** Port of the HTTP server; undefined for none. */
  readonly port: number | undefined;
  /** Time without progress on held messages after which the worker is unhealthy, milliseconds. */
  readonly stalledAfterMs: number;
  /** A monotonic clock, milliseconds. @default performance.now */
  readonly clock?: () => number;
}

/** The worker's state as `GET /health` reports it. */
export interface Health {
  /** Undefined without a server. */
  readonly port: number | undefined;
  /** The model is loaded: from now on the worker is healthy as long as it makes progress. */
  loaded(loaded: { readonly provider: string; readonly model: string }): void;
  /** Progress; `held` messages are received and neither acknowledged nor returned. */
  progress(held: number): void;
  /** A batch has run, which is progress. */
  batch(): void;
  /** The worker finishes the messages that it holds and receives no more. */
  stopping(): void;
  close(): Promise<void>;
}

/**
 * Serves `GET /health`: 200 while the worker is loaded and makes progress; 503 with the reason while it starts, stops or is
 * stalled. A worker without messages is healthy.
 * @throws {UserError} when the port is in use or not allowed
 */
export async function openHealth(options: HealthOptions): Promise<Health> {
  const { stalledAfterMs, clock = () => performance.now() } = options;
  let phase: 'starting' | 'running' | 'stopping' = 'starting';
  let identity: { provider: string; model: string } | undefined;
  let held = 0;
  let progressAt = clock();
  let batchAt: number | undefined;

  const problem = () => {
    if (phase === 'starting') return 'starting: the model is being loaded';
    if (phase === 'stopping') return 'stopping: no more messages are received';
    const idleMs = clock() - progressAt;
    if (held === 0 || idleMs <= stalledAfterMs) return undefined;
    return `stalled: no progress on ${held} held messages for ${seconds(idleMs)} s`;
  };
  const report = () => {
    const reason = problem();
    return {
      status: reason === undefined ? 'ok' : 'unavailable',
      ...(reason === undefined ? {} : { reason }),
      ...identity,
      busy: held > 0,
      held,
      secondsSinceProgress: seconds(clock() - progressAt),
      secondsSinceBatch: batchAt === undefined ? null : seconds(clock() - batchAt),
    };
  };
  const { port, close } = await serve(options.port, report);
  return {
    port,
    loaded({ provider, model }) {
      identity = { provider, model };
      progressAt = clock();
      if (phase === 'starting') phase = 'running';
    },
    progress(now) {
      held = now;
      progressAt = clock();
    },
    batch() {
      batchAt = clock();
      progressAt = batchAt;
    },
    stopping() {
      phase = 'stopping';
    },
    close,
  };
}

async function serve(port: number | undefined, report: () => { status: string }) {
  if (port === undefined) return { port, async close() {} };
  const server = createServer(({ method, url }, response) => {
    if (url !== '/health') response.writeHead(404).end();
    else if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else {
      const body = report();
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
      response.writeHead(body.status === 'ok' ? 200 : 503, headers).end(`${JSON.stringify(body)}\n`);
    }
  }).listen(port);
  await once(server, 'listening').catch((cause: unknown) => {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UserError(`the health endpoint cannot listen on port ${port}: ${reason}`, { cause });
  });
  // Open connections must not keep the process alive.
  server.unref();
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
