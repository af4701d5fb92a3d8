import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that was free a moment ago, as the environment has it. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return String(address.port);
}
