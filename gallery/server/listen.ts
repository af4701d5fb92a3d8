import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { UserError } from '../../shared/failures/user-error.ts';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

export interface RunningServer {
  readonly port: number;
  /** Takes no more, and breaks off what is under way: nobody loses anything by that. */
  close(): Promise<void>;
}

/**
 * Takes connections. @param port 0 for any that is free
 * @throws {UserError} where the port is taken, or the host is none of this machine
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
  if (address === null || typeof address === 'string') throw new Error('expected a port that is listened on');
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
  if (code === 'EADDRINUSE') return `port ${port} is taken; expected a free one: --port 0 finds one`;
  if (code === 'EACCES') return `port ${port} may not be used; expected one above 1023, or --port 0`;
  return `expected an address of this machine as --host, got ${host} (${code ?? 'unknown'})`;
}
