import { once } from 'node:events';
import { createServer } from 'node:http';
import { UserError } from '../../../shared/failures/user-error.ts';

export interface HealthOptions {
  /** Port of every address of the container; undefined for no server, all else works the same. */
  readonly port: number | undefined;
  /** Messages that are held for longer than this without anything moving make the worker unhealthy, milliseconds. */
  readonly stalledAfterMs: number;
  /** Milliseconds of a clock that is never set back. @default performance.now */
  readonly clock?: () => number;
}

/** What is told of a worker's life; `GET /health` answers from it. */
export interface Health {
  /** The one that is served; undefined for none. */
  readonly port: number | undefined;
  /** Everything is loaded: from now on it is healthy as long as it makes progress. */
  loaded(what: { readonly provider: string; readonly model: string }): void;
  /** Something moved, and how many messages are held now: received and neither acknowledged nor given back. */
  progress(held: number): void;
  /** The network answered a batch: progress too. */
  batch(): void;
  /** It was told to stop: it finishes what it holds, but nobody should wait for more of it. */
  stopping(): void;
  close(): Promise<void>;
}

/**
 * Serves `GET /health`: 200 once all is loaded and while messages that are held move on; 503 with the reason while it
 * starts, when it stops, and when it is stuck. A worker without messages is healthy however long it waits.
 * @throws {UserError} when the port is taken or may not be used
 */
export async function openHealth(options: HealthOptions): Promise<Health> {
  const { stalledAfterMs, clock = () => performance.now() } = options;
  let phase: 'starting' | 'running' | 'stopping' = 'starting';
  let what: { provider: string; model: string } | undefined;
  let held = 0;
  let movedAt = clock();
  let batchAt: number | undefined;

  const fault = () => {
    if (phase === 'starting') return 'starting: the model is being loaded';
    if (phase === 'stopping') return 'stopping: no more messages are received';
    const still = clock() - movedAt;
    if (held === 0 || still <= stalledAfterMs) return undefined;
    return `stalled: ${held} messages are held and nothing has moved for ${seconds(still)} s`;
  };
  const report = () => {
    const reason = fault();
    return {
      status: reason === undefined ? 'ok' : 'unavailable',
      ...(reason === undefined ? {} : { reason }),
      ...what,
      busy: held > 0,
      held,
      secondsSinceProgress: seconds(clock() - movedAt),
      secondsSinceBatch: batchAt === undefined ? null : seconds(clock() - batchAt),
    };
  };
  const { port, close } = await serve(options.port, report);
  return {
    port,
    loaded({ provider, model }) {
      what = { provider, model };
      movedAt = clock();
      if (phase === 'starting') phase = 'running';
    },
    progress(now) {
      held = now;
      movedAt = clock();
    },
    batch() {
      batchAt = clock();
      movedAt = batchAt;
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
  // The work ends the process, not whoever still asks for its health.
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
