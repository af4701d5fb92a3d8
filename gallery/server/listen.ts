import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { UserError } from '../../shared/failures/user-error.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

export interface RunningServer {
  readonly port: number;
  /** Stops listening and closes open connections: requests are read-only, so nothing is lost. */
  close(): Promise<void>;
}

/**
 * Starts the server. @param port 0 for any free port
 * @throws {UserError} if the port is in use or not permitted, or the host is not an address of this machine
 */
export async function listen(app: Hono, { host, port }: { host: string; port: number }): Promise<RunningServer> {
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new UserError(cannotListen(errorCode(cause), host, port), { cause });
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    port: address.port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}

function cannotListen(code: string | undefined, host: string, port: number): string {
  if (code === 'EADDRINUSE') return `port ${port} is in use: choose another one, or --port 0 for any free port`;
  if (code === 'EACCES')
    return `no permission to use port ${port}: choose one above 1023, or --port 0 for any free port`;
  return `${host} is not an address of this machine (${code ?? 'unknown'}): give one with --host`;
}
